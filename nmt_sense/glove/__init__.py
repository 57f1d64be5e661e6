"""Bytes -> scans on one clock: ports, wire format, clock fit, and gloves that need no hardware.

Importing this package registers ``sim://``, ``simscale://`` and ``replay://`` with pyserial.
"""

import serial

if __name__ not in serial.protocol_handler_packages:
    serial.protocol_handler_packages.append(__name__)
