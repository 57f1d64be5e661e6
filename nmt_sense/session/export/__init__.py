"""A recording in the formats of other programs, one module each."""
