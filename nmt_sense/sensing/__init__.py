"""Scans to force ± uncertainty: conductance, calibration, filters, contacts."""
