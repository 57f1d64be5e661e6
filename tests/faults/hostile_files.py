"""Making hostile recordings out of a good one: each family yields a name and what to change.

Whoever changes a value makes HDF5's checksums right by doing so with HDF5; :func:`forged` makes the file's own
checksums right as well, so that nothing but judgement is left to refuse it.
"""

from __future__ import annotations

import math
import os
import random
import struct
import zlib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from nmt_sense.session import layout
from nmt_sense.session.header import Counters, description_digest
from nmt_sense.session.raw_digest import RAW, RawDigest
from nmt_sense.session.recording import open_recording
from nmt_sense.strict.chunks import fletcher32
from tests.faults.hostile_rows import FILTERS, Change, gappy, repeated

Family = Iterator[tuple[str, Change]]
TABLES = (*layout.TABLE_FIELDS, layout.COUNTS, layout.SCAN, layout.TIME, layout.NEWTONS, layout.CONTACT)
LEVEL = f"{layout.OVERVIEW}/64/scan"
GROUPS = ("/raw", "/force", "/simulation", layout.INTEGRITY, layout.OVERVIEW, f"{layout.OVERVIEW}/64")
EVERYTHING = (*TABLES, *layout.TEXTS, *GROUPS, LEVEL, layout.TRUE_NEWTONS)


def put(name: str, value: Any, **stored: Any) -> Change:
    """Something else under a name that a recording has."""

    def change(file: h5py.File) -> None:
        attributes = dict(file[name].attrs)
        del file[name]
        if isinstance(value, h5py.SoftLink | h5py.ExternalLink):
            file[name] = value
        else:
            file.create_dataset(name, data=value, **stored)
            file[name].attrs.update(attributes)

    return change


def links(secret: Path, pipe: Path) -> Family:
    """Ways out of the file: to a good recording that would pass for this one, and to a pipe that never answers."""
    for name, target in product(EVERYTHING, (secret, pipe)):
        yield f"{name} in {target.name}", put(name, h5py.ExternalLink(str(target), name))
    for name in EVERYTHING:
        yield f"{name} elsewhere", put(name, h5py.SoftLink("/raw/counts"))
        yield f"{name} in itself", put(name, h5py.SoftLink(name))
    for name, target in product((*TABLES, layout.TRUE_NEWTONS, LEVEL, layout.DEVICE), (secret, pipe)):
        yield f"{name} virtual in {target.name}", virtual(name, target)
        if name != layout.DEVICE:  # HDF5 puts no external storage behind a single text
            yield f"{name} external in {target.name}", external(name, target)
    for group in GROUPS:
        yield f"{group} is the root", hard_link(group)
    for place, target in product(("", "raw/", "overview/64/", "new/group/"), (secret, pipe)):
        yield f"link by another name in {place}", extra(f"{place}extra", h5py.ExternalLink(str(target), "/"))
        yield f"soft link by another name in {place}", extra(f"{place}extra", h5py.SoftLink("/raw"))


def extra(name: str, link: h5py.ExternalLink | h5py.SoftLink) -> Change:
    """A link under a name that a recording has not."""
    return lambda file: file.__setitem__(name, link)


def virtual(name: str, target: Path) -> Change:
    def change(file: h5py.File) -> None:
        shape, dtype, units = file[name].shape, file[name].dtype, file[name].attrs["units"]
        del file[name]
        elsewhere = h5py.VirtualLayout(shape or (1,), dtype, maxshape=(None, *shape[1:]) if shape else None)
        source = h5py.VirtualSource(str(target), name, shape or (1,), maxshape=(None, *shape[1:]) if shape else None)
        if shape:
            elsewhere[: h5py.h5s.UNLIMITED] = source[: h5py.h5s.UNLIMITED]
        else:
            elsewhere[:] = source
        file.create_virtual_dataset(name, elsewhere)
        file[name].attrs["units"] = units

    return change


def external(name: str, target: Path) -> Change:
    def change(file: h5py.File) -> None:
        shape, dtype, units = file[name].shape, file[name].dtype, file[name].attrs["units"]
        del file[name]
        plain = np.dtype("S64") if dtype.hasobject else dtype
        rows = shape or (1,)  # of a dataset with one value HDF5 would store it in the file all the same
        file.create_dataset(name, rows, plain, external=[(str(target), 0, h5py.h5f.UNLIMITED)])
        file[name].attrs["units"] = units

    return change


def hard_link(group: str) -> Change:
    def change(file: h5py.File) -> None:
        del file[group]
        file[group] = file["/"]

    return change


def sizes() -> Family:
    """Declared sizes with next to nothing behind them."""
    for name, rows in product((*TABLES, LEVEL, layout.TRUE_NEWTONS), (2**20, 2**31, 2**40, 2**62)):
        yield f"{name} of {rows} rows", lambda file, name=name, rows=rows: file[name].resize(rows, axis=0)
    for rows in (2**20, 2**40):
        yield (
            f"all of {rows} rows",
            lambda file, rows=rows: [
                file[column.path].resize(rows, axis=0) for column in (*layout.COLUMNS, layout.TRUTH_COLUMN)
            ],
        )
    for name, width in product((layout.COUNTS, layout.NEWTONS), (0x1000, 0x100000)):
        yield f"{name} of {width} sensors", wide(name, width)
    for name, size in product(layout.TEXTS, (2**20 + 1, 2**30)):
        yield f"{name} of {size} letters", put(name, None, shape=(), dtype=f"S{size}")
        yield f"{name} of {size // 2**10} KiB in a heap", put(name, "x" * min(size, 2**24))
    for name, length in product(layout.TEXTS, (0, 1, 2**31, 2**32 - 1)):
        yield f"{name} claims {length} letters", claims(name, length)
    for name, height in product((layout.TIME, layout.COUNTS, layout.EVENTS), (2**22, 2**26)):
        yield f"chunks of {height} rows for {name}", tall(name, height)
    yield "sensors by the million", lambda file: many(file["raw"].attrs, "sensors", 10**6)
    yield "units by the million", lambda file: many(file["time_s"].attrs, "units", 10**6)
    yield (
        "levels by the hundred",
        lambda file: [file.create_group(f"overview/{64 * 4**k}") for k in range(5, 600)],
    )
    yield "a name of a megabyte", lambda file: many(file.attrs, "operator", None)


def wide(name: str, width: int) -> Change:
    def change(file: h5py.File) -> None:
        dtype = file[name].dtype
        del file[name]
        stored = dict(FILTERS, chunks=(1, width), maxshape=(None, width))
        file.create_dataset(name, (10**6, width), dtype, **stored)

    return change


def tall(name: str, height: int) -> Change:
    def change(file: h5py.File) -> None:
        shape, dtype = file[name].shape, file[name].dtype
        del file[name]
        stored = dict(FILTERS, chunks=(height, *shape[1:]), maxshape=(None, *shape[1:]))
        file.create_dataset(name, shape, dtype, **stored)
        chunk(name, zlib.compress(bytes(2**24)) + bytes(4))(file)

    return change


def many(attributes: Any, name: str, number: int | None) -> None:
    del attributes[name]
    attributes.create(name, "x" * 2**20 if number is None else np.zeros(number, "S1"))


def claims(name: str, length: int) -> Change:
    """What stands for a text names another length than the heap has."""

    def change(file: h5py.File) -> None:
        offset, path = file[name].id.get_offset(), file.filename
        file.close()
        with Path(path).open("r+b") as raw:
            raw.seek(offset)
            raw.write(struct.pack("<I", length))

    return change


def bombs() -> Family:
    """Chunks that hold other than they should, under right checksums, and filters that load programs."""
    tables = (layout.EVENTS, layout.HOLDS, layout.ARRIVALS, layout.UTC, layout.PINGS)
    names = (layout.COUNTS, layout.SCAN, layout.TIME, *tables, LEVEL)
    huge = zlib.compress(bytes(2**20), 9)
    kinds: dict[str, bytes] = {
        "a gigabyte": b"".join(_stored_gigabyte()),
        "a megabyte": huge,
        "nothing": zlib.compress(b""),
        "too little": zlib.compress(bytes(100)),
        "an open end": huge[:-8],
        "noise": random.Random(1).randbytes(4000),
        "no bytes": b"",
    }
    for name, (kind, packed) in product(names, kinds.items()):
        yield f"a chunk of {name} holds {kind}", chunk(name, packed + struct.pack("<I", fletcher32(packed)))
    for name in names:
        yield f"a chunk of {name} with a wrong checksum", chunk(name, huge + b"\1\2\3\4")
        yield f"a chunk of {name} of one byte", chunk(name, b"\0")
        yield f"a chunk of {name} past its filters", chunk(name, bytes(64), skipped=7)
        for number in (32001, 32004, 32015, 305, 4, 5, 6):
            yield f"{name} by filter {number}", filtered_by(name, [number])
        yield f"{name} packed twice", filtered_by(name, [h5py.h5z.FILTER_DEFLATE] * 2)
        yield f"{name} without a checksum", filtered_by(name, [h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_DEFLATE])
    for name in (layout.EVENTS, layout.HOLDS, layout.GAPS, layout.UTC, layout.PINGS):
        for number in (390_000, 3_000_000):
            yield f"{number} rows of {name}", repeated(name, number)
    yield "1200000 gaps", gappy(1_200_000)


def _stored_gigabyte() -> Iterator[bytes]:
    packer = zlib.compressobj(9)
    for _ in range(1024):
        yield packer.compress(bytes(2**20))
    yield packer.flush()


def chunk(name: str, stored: bytes, skipped: int = 0) -> Change:
    def change(file: h5py.File) -> None:
        file[name].id.write_direct_chunk((0,) * file[name].ndim, stored, skipped)

    return change


def filtered_by(name: str, filters: list[int]) -> Change:
    def change(file: h5py.File) -> None:
        shape, kind = file[name].shape, file[name].id.get_type()
        del file[name]
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((64, *shape[1:]))
        for number in filters:
            plan.set_filter(number, h5py.h5z.FLAG_OPTIONAL, (1,) if number < 32000 else ())
        space = h5py.h5s.create_simple(shape, (h5py.h5s.UNLIMITED, *shape[1:]))
        h5py.h5d.create(file.id, name.encode(), kind, space, plan)

    return change


ODD_VALUES: dict[str, Any] = {
    "a number": 5,
    "a fraction": 2.5,
    "a truth": True,
    "text": "one",
    "letters": np.bytes_(b"\xff\xfe"),
    "numbers": np.arange(4),
    "a table of numbers": np.zeros((3, 3)),
    "texts": ["a", "b"],
    "nothing": h5py.Empty("f8"),
    "complex": 1 + 2j,
    "big endian": np.arange(5, dtype=">i8"),
    "fields": np.zeros(3, [("scan", "<i8"), ("time_s", "<f4")]),
    "raw bytes": np.void(b"abc"),
    "half precision": np.float16(1.0),
}


def types(whole: Path) -> Family:
    """Everything in the file as something else."""
    with h5py.File(whole) as file:
        attributes = [(place, name) for place in ("/", *EVERYTHING) for name in file[place].attrs]
    for name, (kind, value) in product((*EVERYTHING, LEVEL), ODD_VALUES.items()):
        yield f"{name} is {kind}", put(name, value)
        if np.ndim(value) == 1 and not isinstance(value, list):
            yield f"{name} is rows of {kind}", put(name, value, **FILTERS, maxshape=(None,))
    for (place, name), (kind, value) in product(attributes, ODD_VALUES.items()):
        yield f"{name} of {place} is {kind}", attribute(place, name, value)
    for place, name in attributes:
        yield f"no {name} of {place}", lambda file, place=place, name=name: file[place].attrs.__delitem__(name)
        yield f"{name} of {place} is a reference", attribute(place, name, h5py.Reference())
        yield f"{name} of {place} is very long", attribute(place, name, np.zeros(2**17))
    for name in EVERYTHING:
        yield f"no {name}", lambda file, name=name: file.__delitem__(name)
        yield f"{name} refers", refers(name)


def attribute(place: str, name: str, value: Any) -> Change:
    def change(file: h5py.File) -> None:
        wanted = file["/"].ref if isinstance(value, h5py.Reference) else value
        del file[place].attrs[name]
        file[place].attrs[name] = wanted

    return change


def refers(name: str) -> Change:
    """Region references to itself, as rows."""

    def change(file: h5py.File) -> None:
        region = file[layout.COUNTS].regionref[:2]
        del file[name]
        file.create_dataset(name, (4,), h5py.regionref_dtype, chunks=(4,), maxshape=(None,))[:] = [region] * 4

    return change


NUMBERS = (math.nan, math.inf, -math.inf, -1.0, 0.0, 1e300, -1e-300, 2.0**62)


def numbers() -> Family:
    """Numbers that are none, under checksums that are right."""
    floats = [("/raw", "period_s"), (layout.CONTACT, "filter_delay_s"), (layout.INTEGRITY, "longest_stall_s")]
    floats += [(layout.INTEGRITY, "drift_ppm"), (layout.INTEGRITY, "jitter_p99_ms")]
    for (place, name), value in product(floats, NUMBERS):
        if abs(value) > 1e-4 or name not in ("drift_ppm", "filter_delay_s"):  # those may be next to nothing
            yield f"{name} = {value}", forged(attribute(place, name, value))
    whole = ("expected", "received", "lost", "unreadable_pieces", "stalls")
    for name, number in product(whole, (-1, -(2**63), 2**63 - 1, 10**6)):
        yield f"{name} = {number}", forged(attribute(layout.INTEGRITY, name, np.int64(number)))
    for name, number in product(("crc_errors", "overruns", "dropped_scans", "restarts"), (-1, -(2**63))):
        yield f"{name} = {number}", forged(attribute(layout.INTEGRITY, name, np.int64(number)))
    for version in (-1, *range(layout.FORMAT_VERSION), layout.FORMAT_VERSION + 1, 2**62):
        yield f"format version {version}", attribute("/", "format_version", np.int64(version))
    for row, number in product((0, 7, -1), (-1, -(2**63), 2**63 - 1, 2**52)):
        yield f"scan {number} in row {row}", forged(element(layout.SCAN, row, number))
    for row, field, number in product((0, 7, -1), ("scan", "host_ns"), (-(2**63), 2**63 - 1)):
        yield f"arrival {field} {number} in row {row}", forged(element((layout.ARRIVALS, field), row, number))
    for name, value in product((layout.TIME, layout.NEWTONS, layout.CONTACT, layout.UNCERTAINTY), NUMBERS):
        yield f"{name} = {value}", forged(element(name, 500, value, but=value))
    for field, value in product(("start_s", "in_band_s", "mean_n", "number", "end"), (math.nan, 1e9, -1.0)):
        yield f"hold {field} = {value}", forged(element((layout.HOLDS, field), 0, value))
    for field, value in product(("start_s", "count", "first_missing_scan"), (-1.0, 5.0)):
        yield f"gap {field} = {value}", forged(element((layout.GAPS, field), 0, value))
    yield "events of no kind", forged(element((layout.EVENTS, "kind"), 0, b"\xff\xff"))
    for value in (0, -1, 2**62, 10**30):
        for key in ("tick_hz", "period_ticks", "adc_bits", "full_scale", "shift", "scans_per_frame", "skew_ticks"):
            if value or key != "skew_ticks":
                yield f"{key} = {value}", forged(reworded(layout.DEVICE, key, str(value)))


def element(name: str | tuple[str, str], row: int, value: Any, but: float = math.nan) -> Change:
    """One element of a dataset, or of a field of a table."""
    place, field = name if isinstance(name, tuple) else (name, None)

    def change(file: h5py.File) -> None:
        rows = file[place][:]
        if not len(rows):
            rows = np.zeros(1, rows.dtype)
            file[place].resize(1, axis=0)
        column = rows if field is None else rows[field]
        odd = column.dtype.kind == "i" and not math.isfinite(float(value))
        with np.errstate(over="ignore"):
            column[row] = 0 if odd else value
        file[place][:] = rows

    return change


def reworded(name: str, key: str, value: str) -> Change:
    """Another value for a key of one of the texts."""

    def change(file: h5py.File) -> None:
        text = file[name][()].decode()
        lines = [f"{key} = {value}" if line.startswith(f"{key} =") else line for line in text.splitlines()]
        put(name, "\n".join(lines))(file)

    return change


ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b2J\u202etxt\r\n\x08"
TRICKS = ("../../x", "..\\..\\x", "/etc/passwd", "C:\\x", "CON", "a/b", "~", "$(id)", "`id`", "%s%n", ESCAPES, "\udc80")


def names() -> Family:
    """Words that would like to be a path, a command or an order to the terminal."""
    for field, trick in product((*layout.ROOT_FIELDS, "format"), TRICKS):
        yield f"{field} = {trick!a}", forged(attribute("/", field, _letters(trick)))
    for (place, name), trick in product(
        ((layout.CONTACT, "contact"), (layout.CONTACT, "filter"), (layout.INTEGRITY, "calibration_verdict")), TRICKS
    ):
        yield f"{name} = {trick!a}", forged(attribute(place, name, _letters(trick)))
    for trick in TRICKS:
        yield f"a sensor called {trick!a}", forged(sensor(trick))
        yield f"a profile called {trick!a}", forged(reworded(layout.CALIBRATION, "default_profile", _quoted(trick)))
        yield f"an event of {trick!a}", forged(told(trick))


def _letters(text: str) -> Any:
    return np.bytes_(text.encode(errors="surrogateescape"))


def _quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(sign):08x}" if ord(sign) < 0xD800 else "?" for sign in text) + '"'


def sensor(name: str) -> Change:
    def change(file: h5py.File) -> None:
        for place in ("/raw", layout.COUNTS, layout.NEWTONS, layout.UNCERTAINTY):
            sensors = [_letters(name), *map(str.encode, file[place].attrs["sensors"][1:])]
            del file[place].attrs["sensors"]
            file[place].attrs["sensors"] = sensors

    return change


def told(text: str) -> Change:
    def change(file: h5py.File) -> None:
        event = np.array([(0.1, b"note", math.nan, _letters(text))], file[layout.EVENTS].dtype)
        rows = np.concatenate([file[layout.EVENTS][:], event])
        file[layout.EVENTS].resize(len(rows), axis=0)
        file[layout.EVENTS][:] = rows

    return change


def forged(change: Change) -> Change:
    """A change after which the file's own checksums fit again, where it can still be read to work them out."""

    def changed(file: h5py.File) -> None:
        change(file)
        digest = RawDigest()
        for name in RAW:
            digest.feed(name, file[name][:])
        file[layout.INTEGRITY].attrs["raw_sha256"] = digest.hexdigest()
        path = Path(file.filename)
        file.close()
        _sign(path)

    return changed


def _sign(path: Path) -> None:
    try:
        with open_recording(path) as recording:
            said = recording.integrity
            counters: Counters = said.counters
            digest = description_digest(recording.header, counters, recording.recovered, said.unreadable_pieces)
    except Exception:  # what cannot be read cannot be signed, and will be refused
        return
    with h5py.File(path, "r+") as file:
        file[layout.INTEGRITY].attrs["description_sha256"] = digest


def mutated(whole: bytes, seed: int) -> bytes:
    """The file with one to sixteen bytes changed, mostly among names and settings, where no checksum of ours is."""
    chance = random.Random(seed)
    data = bytearray(whole)
    heap = whole.find(b"GCOL")  # texts, which HDF5 reads without a checksum
    spread = [(0, len(data)), (0, 4096), (len(data) - 16384, len(data)), (heap, heap + 512)]
    places = range(*chance.choice(spread))
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        at = chance.choice(places)
        data[at] = chance.choice((data[at] ^ 1 << chance.randrange(8), chance.randrange(256), 0, 255))
    return bytes(data)


def odd_files(folder: Path, whole: Path) -> Iterator[Path]:
    """Things in a folder that are no regular file, or none with a recording in it."""
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.h5")
        yield folder / "pipe.h5"
        (folder / "piped.h5").symlink_to("pipe.h5")
        yield folder / "piped.h5"
        (folder / "loop.h5").symlink_to("loop.h5")
        yield folder / "loop.h5"
        (folder / "nowhere.h5").symlink_to("missing.h5")
        yield folder / "nowhere.h5"
        yield from (Path("/dev/zero"), Path("/dev/null"), Path("/dev/full"))
    (folder / "folder.h5").mkdir()
    (folder / "empty.h5").touch()
    (folder / "text.h5").write_text("time_s,force_n\n", encoding="utf-8")
    with (folder / "sparse.h5").open("wb") as file:
        file.truncate(2**40)
    with (folder / "long.h5").open("wb") as file:
        file.write(whole.read_bytes())
        file.truncate(2**33)
    for name in ("folder", "empty", "text", "sparse", "long", "missing", "x" * 300, "nul\0"):
        yield folder / f"{name}.h5"
