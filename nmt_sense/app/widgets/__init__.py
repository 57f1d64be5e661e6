"""Painted widgets, one to a file. They inherit QLabel or QProgressBar so that a screen reader finds their values."""
