"""Hostile CSV: bench data that somebody sent."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

HEADER = b"time_s,conductance_us,force_n\n"
ROWS = 3000


def good_rows(count: int = ROWS) -> bytes:
    """A plain ramp up and down, as a bench gives it."""
    force = [20.0 * (1.0 - abs(2.0 * (number % 300) / 300 - 1.0)) for number in range(count)]
    return b"".join(
        b"%.2f,%.3f,%.3f\n" % (number / 50, 3.0 * newtons**0.8, newtons) for number, newtons in enumerate(force)
    )


def files() -> Iterator[tuple[str, bytes]]:
    """A name and what is in the file; only the first is as it should be."""
    good = good_rows()
    yield "a good one", HEADER + good
    yield "nothing", b""
    yield "only a header", HEADER
    yield "no header", good
    yield "two readings", b"time_s,conductance_us,voltage_mv,force_n\n1,2,3,4\n"
    yield "a bomb of zeros", gzip.compress(b"\0" * (1 << 30), 9)
    yield "a bomb of rows", gzip.compress(HEADER + b"1,2,3\n" * (100 << 20 >> 3), 9)
    yield "a bomb of commas", gzip.compress(HEADER + b"," * (300 << 20), 9)
    yield "gzip cut short", gzip.compress(HEADER + good)[:500]
    yield "gzip with a wrong sum", gzip.compress(HEADER + good)[:-8] + b"\0" * 8
    yield "a long number", HEADER + good + b"9" * 10_000_000 + b",1,1\n"
    yield "a long exponent", HEADER + b"1e999999,1e999999,1e-999999\n" * ROWS
    yield "a million columns", b"time_s," + b"x," * 1_000_000 + b"conductance_us,force_n\n" + good
    yield "one column twice", b"time_s,conductance_us,force_n,force_n\n" + good
    yield "a quote that never ends", HEADER + good + b'"' + b"x" * 10_000_000
    yield "quotes in quotes", HEADER + b'""""""""""\n' * ROWS
    yield "no line ends", HEADER.strip() + b"," * 5_000_000
    yield "zeros", b"\0" * 1_000_000
    yield "random bytes", bytes(range(256)) * 4000
    yield "UTF-16", (HEADER + good).decode().encode("utf-16")
    yield "Latin-1", HEADER + b"\xe9,1,1\n" + good
    yield "the time is no number", HEADER + b"nan,1,1\n" * ROWS
    yield "the time is endless", HEADER + b"inf,1,1\n" * ROWS
    yield "time runs backwards", HEADER + b"".join(b"%d,%d,%d\n" % (-n, n % 50 + 1, n % 20) for n in range(ROWS))
    yield "time stands still", HEADER + b"".join(b"1,%d,%d\n" % (n % 50 + 1, n % 20) for n in range(ROWS))
    yield "time leaps", HEADER + b"".join(b"%d,%d,%d\n" % (10**n, n + 1, n) for n in range(11)) * 200
    yield "forces without end", HEADER + b"".join(b"%d,%d,inf\n" % (n, n % 50 + 1) for n in range(ROWS))
    yield "forces of a truck", HEADER + b"".join(b"%d,%d,%d\n" % (n, n % 50 + 1, n * 10**6) for n in range(ROWS))
    yield "readings below nothing", HEADER + b"".join(b"%d,-%d,%d\n" % (n, n % 50 + 1, n % 20) for n in range(ROWS))
    yield "readings without end", HEADER + b"".join(b"%d,inf,%d\n" % (n, n % 20) for n in range(ROWS))
    yield "one reading for ever", HEADER + b"".join(b"%d,7,%d\n" % (n, n % 20) for n in range(ROWS))
    yield "orders to a terminal", HEADER + b"\x1b[31m\x9b2J,1,1\n" * ROWS
    yield "a formula", HEADER + b"=1+1,@SUM(A1),-2+3\n" * ROWS
    yield "words", b"This is a letter, not a table.\n" * ROWS


def commands(folder: Path, file: Path) -> tuple[tuple[str, ...], ...]:
    """What is done with a file: fitted, checked, turned into forces. Each result goes to a name that is free."""
    profile, fitted, forces = (folder / name for name in ("known.toml", "fitted.toml", "forces.csv"))
    for made in (fitted, forces):
        made.unlink(missing_ok=True)
    return (
        ("calibrate", "fit", "--json", "--sensor", "thumb", "--out", str(fitted), str(file)),
        ("calibrate", "check", "--json", "--profile", str(profile), str(file)),
        ("calibrate", "apply", "--json", "--profile", str(profile), "--out", str(forces), str(file)),
    )
