"""Strict HDF5: reading a file that somebody sent, in bounded memory, and nothing but that one file.

HDF5 files may point into other files, name programs to load, and declare sizes that they do not hold. Here only what a
recording is made of is read: hard links, chunked datasets with HDF5's own three filters, plain numbers and text; each
is looked at before anything of it is loaded. Anything else raises :class:`RecordingError`.
"""

from __future__ import annotations

import math
import stat
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from nmt_sense.errors import RecordingError
from nmt_sense.strict import heap
from nmt_sense.strict.chunks import largest_stored, unfiltered
from nmt_sense.strict.links import leading_out

FILTERS = [h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_FLETCHER32]
MOST_ROWS = 100_000_000
"""Rows of a dataset; a day at 1000 Hz is less."""
MOST_CHUNKS = 8192
"""Of one dataset."""
LARGEST_CHUNK = 16 << 20
"""Bytes that a chunk may hold."""
LONGEST_TEXT = 1 << 20
"""Bytes that a text dataset may hold."""
MOST_BESIDES = 8 << 20
"""Bytes of a file that may lie outside the rows of its datasets: names, settings, texts."""
_ERRORS = (OSError, LookupError, ValueError, TypeError, RuntimeError, OverflowError, MemoryError, struct.error)
"""What h5py raises for files that are not as they should be."""


def _nothing() -> None:
    """Nobody waits."""


progress: Callable[[], None] = _nothing
"""Called for every chunk of rows that is read, to show that reading gets on."""


class Rows:
    """A dataset with rows, each of fixed length."""

    def __init__(self, path: Path, name: str, dataset: h5py.Dataset) -> None:
        self._path, self.name, self._dataset = path, name, dataset
        self.shape: tuple[int, ...] = dataset.shape
        self.dtype: np.dtype[Any] = dataset.dtype
        self._chunk: tuple[int, ...] = dataset.chunks
        self.places = self._find()
        """Where the chunks lie in the file: of each its first byte, and the byte after its last."""

    def __len__(self) -> int:
        return self.shape[0]

    def is_of(self, dtype: np.dtype[Any]) -> bool:
        """True when the rows are stored in exactly this type."""
        return bool(self._dataset.id.get_type().equal(h5py.h5t.py_create(dtype)))

    def has_field(self, field: str, kind: str) -> bool:
        """True when the rows of a table have this field, of this NumPy type; ``S``: of text, however long."""
        table = self._dataset.id.get_type()
        if not isinstance(table, h5py.h5t.TypeCompoundID) or field not in (self.dtype.names or ()):
            return False
        stored = table.get_member_type(table.get_member_index(field.encode()))
        if kind == "S":
            return isinstance(stored, h5py.h5t.TypeStringID) and not stored.is_variable_str()
        return bool(stored.equal(h5py.h5t.py_create(np.dtype(kind))))

    def read(self, rows: slice = slice(None)) -> NDArray[Any]:
        """Rows of the dataset; of ``rows`` start and stop count. Raises :class:`RecordingError` for damaged ones."""
        start, stop, _ = rows.indices(len(self))
        height = self._chunk[0]
        with damage(self._path, f"{self.name} cannot be read"):
            values = np.empty((max(0, stop - start), *self.shape[1:]), self.dtype)
            for number in range(start // height, -(-stop // height) if stop > start else 0):
                chunk, first = self._read_chunk(number), number * height
                begin, end = max(start, first), min(stop, first + height)
                values[begin - start : end - start] = chunk[begin - first : end - first]
        return values

    def _read_chunk(self, number: int) -> NDArray[Any]:
        progress()
        skipped, stored = self._dataset.id.read_direct_chunk((number * self._chunk[0], *(0 for _ in self.shape[1:])))
        if skipped:
            raise ValueError("a chunk is not as a recording stores it")
        return unfiltered(stored, self.dtype, self._chunk)

    def _find(self) -> list[tuple[int, int]]:
        places: list[tuple[int, int]] = []
        wanted = -(-len(self) // self._chunk[0])

        def look(info: Any) -> bool | None:
            places.append((info.byte_offset, info.byte_offset + info.size))
            return True if len(places) == wanted else None  # looks no further

        if wanted:
            self._dataset.id.chunk_iter(look)
        if len(places) < wanted:
            raise ValueError(f"{self.name} declares more than it holds")
        longest = largest_stored(math.prod(self._chunk) * self.dtype.itemsize)
        if any(end - start > longest for start, end in places):
            raise ValueError(f"a chunk of {self.name} holds more than it should")
        return places


class StrictFile:
    """One open file, as a context manager.

    Every method raises :class:`RecordingError`, in one sentence, for what a recording does not have.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = _regular_size(path)
        self._file = _open(path)
        try:
            with damage(path):
                plan = self._file.id.get_create_plist()
                if plan.get_userblock() or plan.get_sizes() != (8, 8):
                    raise RecordingError(f"{path} is refused: it is not laid out as a recording is.")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> StrictFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; arrays that were read stay valid."""
        with suppress(*_ERRORS):  # nothing was written: whether HDF5 can close a damaged file is of no importance
            self._file.close()

    def check_links(self) -> None:
        """Refuse a file with any link that may lead out of it, also where nobody would follow it."""
        with damage(self.path):
            for place in leading_out(self._file):
                raise RecordingError(f"{self.path} is refused: {place} leads out of the file.")

    def has(self, name: str) -> bool:
        """True when there is anything of this name; where it leads is not looked at."""
        parent, _, last = name.rpartition("/")
        with damage(self.path):
            group = self._group(parent) if parent else self._file
            return bool(group.id.links.exists(last.encode()))

    def has_attribute(self, place: str, name: str) -> bool:
        """True when a group or dataset has an attribute of this name."""
        with damage(self.path):
            return bool(h5py.h5a.exists(self._inside(place).id, name.encode()))

    def children(self, name: str, most: int) -> list[str]:
        """Names in a group, of which there are at most ``most``."""
        with damage(self.path):
            group = self._group(name)
            if len(group) > most:
                raise RecordingError(f"{self.path} is damaged: there is too much in {name}.")
            return list(group)

    def rows(self, name: str) -> Rows:
        """A dataset with rows, each of which is really stored."""
        with damage(self.path):
            dataset = self._dataset(name)
            self._check_storage(name, dataset)
            return Rows(self.path, name, dataset)

    def _check_storage(self, name: str, dataset: h5py.Dataset) -> None:
        plan, shape = dataset.id.get_create_plist(), dataset.shape
        if not shape or plan.get_layout() != h5py.h5d.CHUNKED:
            raise RecordingError(f"{self.path} is damaged: {name} is no table of rows.")
        filters = [plan.get_filter(number)[0] for number in range(plan.get_nfilters())]
        if any(number not in FILTERS for number in filters):
            raise RecordingError(f"{self.path} is refused: {name} needs a compression plug-in.")
        size = math.prod(dataset.chunks) * dataset.dtype.itemsize
        if shape[0] > MOST_ROWS or -(-shape[0] // dataset.chunks[0]) > MOST_CHUNKS:
            raise RecordingError(f"{self.path} is damaged: {name} declares more than it holds.")
        if filters != FILTERS or dataset.chunks[1:] != shape[1:] or size > LARGEST_CHUNK or dataset.dtype.hasobject:
            raise RecordingError(f"{self.path} is damaged: {name} is not stored as a recording stores it.")

    def text(self, name: str) -> str:
        """A text dataset."""
        with damage(self.path):
            dataset = self._dataset(name)
            kind, plan = dataset.id.get_type(), dataset.id.get_create_plist()
            if dataset.shape != () or not isinstance(kind, h5py.h5t.TypeStringID):
                raise RecordingError(f"{self.path} is damaged: {name} is no text.")
            if plan.get_layout() != h5py.h5d.CONTIGUOUS or kind.get_size() > LONGEST_TEXT:
                raise RecordingError(f"{self.path} is damaged: {name} is not stored as a recording stores it.")
            if kind.is_variable_str():
                return _heap_text(self.path, dataset.id.get_offset()).decode()
            return bytes(dataset[()]).decode()

    def attribute(self, place: str, name: str) -> Any:
        """One number, truth value or text that belongs to a group or dataset."""
        return self._attribute(place, name, ())

    def attribute_list(self, place: str, name: str, most: int) -> list[Any]:
        """A list of at most ``most`` numbers or texts that belongs to a group or dataset."""
        values = self._attribute(place, name, (most,))
        return list(values.tolist())

    def _attribute(self, place: str, name: str, most: tuple[int, ...]) -> Any:
        with damage(self.path, f"{name} of {place} cannot be read"):
            item = self._inside(place)
            attribute = h5py.h5a.open(item.id, name.encode())
            shape, kind = attribute.shape, attribute.get_type()
            if shape is None or len(shape) != len(most) or any(map(int.__gt__, shape, most)) or not _plain(kind):
                raise TypeError("another type or length than it should have")
            value = item.attrs[name]
            for text in value if most else [value]:
                if isinstance(text, str | bytes):
                    _as_text(text)
            return value

    def check_texts(self, rows: list[Rows]) -> None:
        """Look through all that lies outside these rows, before any attribute is read. No bytes may be used twice."""
        with damage(self.path):
            for piece in self._besides(rows):
                heap.check_collections(piece)

    def _besides(self, rows: list[Rows]) -> Iterator[bytes]:
        taken = sorted(place for part in rows for place in part.places)
        ends = [0, *(end for _, end in taken)]
        lengths = [start - end for end, (start, _) in zip(ends, [*taken, (self.size, self.size)], strict=True)]
        if min(lengths) < 0:
            raise RecordingError(f"{self.path} is damaged: parts of it lie in the same place.")
        if sum(lengths) > MOST_BESIDES:
            raise RecordingError(f"{self.path} is refused: most of it is no recording.")
        with self.path.open("rb") as file:
            for end, length in zip(ends, lengths, strict=True):
                file.seek(end)
                yield file.read(length)

    def _group(self, name: str) -> h5py.Group:
        group = self._inside(name)
        if not isinstance(group, h5py.Group):
            raise RecordingError(f"{self.path} is damaged: {name} is not a group.")
        return group

    def _dataset(self, name: str) -> h5py.Dataset:
        dataset = self._inside(name)
        if not isinstance(dataset, h5py.Dataset):
            raise RecordingError(f"{self.path} is damaged: {name} is not a dataset.")
        plan = dataset.id.get_create_plist()
        if plan.get_layout() == h5py.h5d.VIRTUAL or plan.get_external_count():
            raise RecordingError(f"{self.path} is refused: the data of {name} lie outside the file.")
        return dataset

    def _inside(self, name: str) -> Any:
        """What is called so. Every step of the way must be a hard link: the other kinds can lead to other files."""
        here: Any = self._file
        walked = ""
        for step in filter(None, name.split("/")):
            walked += f"/{step}"
            if not isinstance(here, h5py.Group) or not here.id.links.exists(step.encode()):
                raise RecordingError(f"{self.path} is damaged: {walked} is missing.")
            if here.id.links.get_info(step.encode()).type != h5py.h5l.TYPE_HARD:
                raise RecordingError(f"{self.path} is refused: {walked} leads out of the file.")
            here = here[step]
        return here


@contextmanager
def damage(path: Path, what: str = "") -> Iterator[None]:
    """Turn what h5py raises for a file that is not as it should be into :class:`RecordingError`."""
    try:
        yield
    except _ERRORS as error:
        said = f"{what}, {_short(error)}" if what else _short(error)
        raise RecordingError(f"{path} is damaged: {said}.") from error


def _short(error: BaseException) -> str:
    """What is wrong, in our words; HDF5's own ("Unable to ...") tell a user nothing."""
    words = str(error).splitlines()
    ours = isinstance(error, ValueError) and words and not words[0].startswith(("Unable", "Can't", "Invalid"))
    return words[0].rstrip(".") if ours else "its structure cannot be read"


def _regular_size(path: Path) -> int:
    """The length of a regular file in bytes; opening anything else could wait for ever."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = "" if isinstance(error, FileNotFoundError) else f" ({getattr(error, 'strerror', None) or error})"
        raise RecordingError(f"There is no recording {path}{reason}.") from error
    if not stat.S_ISREG(status.st_mode):
        raise RecordingError(f"There is no recording {path}: it is not a regular file.")
    return status.st_size


def _open(path: Path) -> h5py.File:
    try:
        return h5py.File(path, "r", locking="best-effort")
    except _ERRORS as error:
        reason = "it is cut short" if "truncated" in str(error) else "it is no HDF5 file or its start is damaged"
        if isinstance(error, PermissionError):
            reason = "no permission"
        raise RecordingError(f"{path} cannot be opened as a recording: {reason}.") from error


def _heap_text(path: Path, offset: int) -> bytes:
    """A text of variable length, of which what stands for it lies at ``offset``."""
    with path.open("rb") as file:
        file.seek(offset)
        length, at, number = heap.REFERENCE.unpack(file.read(heap.REFERENCE.size))
        file.seek(at)
        text = heap.objects(file.read(MOST_BESIDES), 0)[number]
    if len(text) != length or length > LONGEST_TEXT:
        raise ValueError("its texts cannot be read")
    return text


def _plain(kind: h5py.h5t.TypeID) -> bool:
    numbers = (h5py.h5t.TypeIntegerID, h5py.h5t.TypeFloatID, h5py.h5t.TypeEnumID, h5py.h5t.TypeStringID)
    return isinstance(kind, numbers) and kind.get_size() <= LONGEST_TEXT


def _as_text(text: str | bytes) -> str:
    """Raises :class:`ValueError` for what is no text."""
    plain = text.decode() if isinstance(text, bytes) else text
    plain.encode()
    if len(plain) > LONGEST_TEXT:
        raise ValueError("longer than any text of a recording")
    return plain
