"""Checksums: over all that only the file knows (what was measured, and what happened), and over what was derived."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmt_sense.session import layout

RAW = (layout.COUNTS, layout.SCAN, layout.ARRIVALS, layout.UTC, layout.EVENTS, layout.TRUE_NEWTONS, layout.PINGS)
"""Datasets that nothing in the file can bring back. HDF5's own checksums are made anew by whoever changes a value."""
_LATER = layout.PINGS
"""Not counted when absent, so that the checksum of files made before it was kept still fits."""


DERIVED = (
    layout.NEWTONS,
    layout.UNCERTAINTY,
    layout.CONTACT,
    layout.CONTACT_UNCERTAINTY,
    layout.HOLDS,
)
"""Datasets that follow from those, as the version that wrote the file works them out; another may not be able to."""


class DerivedDigest:
    """The same over :data:`DERIVED`."""

    def __init__(self) -> None:
        self._sums = {path: hashlib.sha256() for path in DERIVED}

    def feed(self, path: str, rows: NDArray[Any]) -> None:
        """Take the next rows of a dataset; of others no notice is taken."""
        if path in self._sums:
            self._sums[path].update(np.ascontiguousarray(rows).view(np.uint8).data)

    def hexdigest(self) -> str:
        """SHA-256 (hex) of the SHA-256 of each dataset's bytes, in the order of :data:`DERIVED`."""
        return hashlib.sha256(b"".join(digest.digest() for digest in self._sums.values())).hexdigest()


class RawDigest:
    """Fed with the rows of each dataset in :data:`RAW`, in order; the same however they were cut into blocks."""

    def __init__(self) -> None:
        self._sums = {path: hashlib.sha256() for path in RAW}
        self._has_later = False

    def feed(self, path: str, rows: NDArray[Any]) -> None:
        """Take the next rows of a dataset; of others than those in :data:`RAW` no notice is taken."""
        if path in self._sums:
            self._has_later |= path == _LATER
            self._sums[path].update(np.ascontiguousarray(rows).view(np.uint8).data)

    def hexdigest(self) -> str:
        """SHA-256 (hex) of the SHA-256 of each dataset's bytes, in the order of :data:`RAW`; absent ones are empty."""
        counted = (digest for path, digest in self._sums.items() if path != _LATER or self._has_later)
        joined = b"".join(digest.digest() for digest in counted)
        return hashlib.sha256(joined).hexdigest()
