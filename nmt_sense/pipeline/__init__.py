"""What :mod:`nmt_sense.live` is made of: the acquisition thread and what it keeps, waits for, judges and shows."""
