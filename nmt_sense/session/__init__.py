"""Everything -> a file: the crash-safe journal, the HDF5 recording, reading it back and judging it."""
