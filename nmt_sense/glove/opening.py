"""Opening a serial port, and why one cannot be opened, in words."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from typing import Any

import serial

from nmt_sense.errors import LinkError, LinkReason
from nmt_sense.glove.wire import BAUD

try:
    import termios
except ImportError:  # Windows
    PORT_ERRORS: tuple[type[Exception], ...] = (OSError,)
else:
    PORT_ERRORS = OSError, termios.error
"""What using a port may raise. A SerialException is an OSError; what the terminal's own calls raise on POSIX is not."""
_OPEN_ERRORS: tuple[type[Exception], ...] = (*PORT_ERRORS, ValueError)


def open_port(url: str, timeout_s: float) -> Any:
    """An open pyserial port whose reads wait so long. Raises :class:`LinkError` with a reason and a sentence."""
    try:
        port = serial.serial_for_url(url, baudrate=BAUD, timeout=timeout_s, write_timeout=1.0, do_not_open=True)
        if "://" not in url:
            port.exclusive = True
        port.open()
    except _OPEN_ERRORS as error:
        raise _why_not(url, error) from error
    with contextlib.suppress(AttributeError, ValueError, NotImplementedError, *PORT_ERRORS):
        port.set_low_latency_mode(True)  # FTDI adapters wait up to 16 ms otherwise; Linux only
    return port


def descriptor(port: Any) -> int | None:
    """The file descriptor to read from directly, where the system can wait for one (not on Windows)."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        return int(port.fileno()) if os.name == "posix" else None
    return None


def _why_not(url: str, error: Exception) -> LinkError:
    """The reason behind an exception from opening a port, with a sentence."""
    code, text = getattr(error, "errno", None), str(error)
    if code in (errno.EACCES, errno.EPERM) and "PermissionError(13" not in text:
        return LinkError(
            LinkReason.NO_PERMISSION,
            url,
            f"No permission to use {url}; on Linux add yourself to the group dialout (sudo usermod -aG dialout $USER) "
            "and log in again.",
        )
    # Windows reports a port that another program holds as access denied, POSIX as a lock that is taken
    if code in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in text or "PermissionError(13" in text:
        return LinkError(LinkReason.BUSY, url, f"{url} is in use by another program; close that program and try again.")
    if not url.strip():
        return LinkError(LinkReason.NO_DEVICE, url, "No port is named; nmt-sense devices lists the ports.")
    if "://" in url:
        return LinkError(LinkReason.NO_DEVICE, url, _why_no_url(url, text))
    if code in (errno.ENOTTY, errno.EINVAL, errno.EISDIR) or "Could not configure port" in text:
        return LinkError(LinkReason.NOT_A_GLOVE, url, f"{url} is not a serial port; nmt-sense devices lists the ports.")
    return LinkError(
        LinkReason.NO_DEVICE, url, f"There is no port {url}; plug the glove in, or see nmt-sense devices for its name."
    )


def _why_no_url(url: str, text: str) -> str:
    """A sentence of our own: what libraries say of a URL is for those who know their code."""
    scheme = url.partition("://")[0]
    if scheme in ("sim", "replay"):
        return f"{url} cannot be opened: {text.removeprefix(f'{url}: ').rstrip('.')}."
    if scheme not in ("socket", "rfc2217"):
        return f"{url} cannot be opened as a port here; use sim://, socket://host:port, or a port of nmt-sense devices."
    if not re.fullmatch(rf"{scheme}://[^/?#]+:[0-9]{{1,5}}([/?#].*)?", url):
        return f"{url} lacks a host or a port number; write it as {scheme}://192.168.1.20:4000."
    if "refused" in text:
        return f"{url} refused the connection; start the program that offers the glove there, or name another port."
    return f"{url} cannot be reached; check the host's name, the port number and the network."
