"""The glove's real binary in simavr (firmware/sim), for tests: as fast as it can, or live on a pseudo-terminal."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nmt_sense.glove import wire

FIRMWARE = Path(__file__).parents[2] / "firmware"
BUILD = FIRMWARE / "build"
ELF, HEX, SIMULATOR = BUILD / "nmt_glove.elf", BUILD / "nmt_glove.hex", BUILD / "nmt-sim"
SCENARIOS = FIRMWARE / "sim" / "scenarios"
CPU_HZ = 16_000_000
CYCLES_PER_TICK = 8
SIMULATED_SERIAL = 0xF000_0001


def missing_tools() -> str | None:
    """What keeps the firmware from being built and run here, as one sentence, or None."""
    for tool in ("make", "cc", "avr-gcc", "avr-objdump"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    if not Path("/usr/include/simavr/sim_avr.h").exists():
        return "simavr's headers (libsimavr-dev) are not installed"
    return None


def make(target: str) -> str:
    """Run one target of firmware/Makefile; the text it printed."""
    done = subprocess.run(["make", "-C", str(FIRMWARE), target], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass
class Log:
    """What happened at the chip's pins, in CPU cycles since power-on."""

    scan_starts: NDArray[np.int64]
    conversions: NDArray[np.float64]
    """(N, 4): cycle, channel, millivolts, and how many scans had started before it."""
    buttons: list[tuple[int, int, int]] = field(default_factory=list)
    """Cycle, button, 1 = pressed."""
    led: list[tuple[int, int]] = field(default_factory=list)
    buzzer: list[tuple[int, int]] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    """When each byte was handed to the transmitter."""
    late_s: float = 0.0
    """By how much the simulated clock was behind real time at worst."""
    resets: list[int] = field(default_factory=list)
    """When the chip was reset, whatever by."""


@dataclass
class Run:
    """One finished simulation."""

    messages: list[wire.Message]
    bad_frames: int
    log: Log

    def all(self, kind: type) -> list:
        return [message for message in self.messages if isinstance(message, kind)]

    @property
    def hellos(self) -> list[wire.Hello]:
        return self.all(wire.Hello)

    def scans(self) -> tuple[NDArray[np.int64], NDArray[np.uint16]]:
        """Numbers (N,) and counts (N, C) of all scans received."""
        data = self.all(wire.Data)
        numbers = np.concatenate([d.first_scan + np.arange(len(d.counts)) for d in data])
        return numbers, np.concatenate([d.counts for d in data])


def read_log(path: Path) -> Log:
    starts: list[int] = []
    conversions: list[tuple[float, ...]] = []
    log = Log(np.empty(0, np.int64), np.empty((0, 4)))
    for line in path.read_text().splitlines():
        what, cycle, *rest = line.split(",")
        if what == "adc":
            conversions.append((float(cycle), float(rest[0]), float(rest[1]), float(len(starts))))
        elif what == "scan":
            starts.append(int(cycle))
        elif what == "tx":
            log.sent.append(int(cycle))
        elif what == "button":
            log.buttons.append((int(cycle), int(rest[0]), int(rest[1])))
        elif what == "late":
            log.late_s = max(log.late_s, int(rest[0]) * 1e-9)
        elif what == "reset":
            log.resets.append(int(cycle))
        elif what in ("led", "buzzer"):
            getattr(log, what).append((int(cycle), int(rest[0])))
    log.scan_starts = np.array(starts, np.int64)
    log.conversions = np.array(conversions).reshape(-1, 4)
    return log


def simulate(
    scenario: str, seconds: float, *, binary: Path = ELF, eeprom: Path | None = None, blank: bool = False
) -> Run:
    """Run a scenario as fast as possible and give everything the glove sent and did."""
    with tempfile.TemporaryDirectory() as folder:
        text, sent, log = (Path(folder) / name for name in ("scenario.txt", "sent.bin", "log.csv"))
        text.write_text(scenario)
        command = [SIMULATOR, "--fast", "--seconds", str(seconds), "--scenario", text]
        command += ["--record", sent, "--log", log]
        command += ["--eeprom", eeprom] if eeprom else []
        command += ["--blank"] if blank else []
        done = subprocess.run([*map(str, command), str(binary)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        decoder = wire.Decoder()
        messages = list(decoder.feed(sent.read_bytes()))
        return Run(messages, decoder.bad_frames, read_log(log))


def command(kind: wire.Kind, sequence: int, fields: bytes = b"") -> str:
    """A command as scenarios write it, in hex."""
    return wire.pack(wire.Command(kind, sequence, fields)).hex()


def ping_fields(token: int) -> bytes:
    """Fields of PING."""
    return token.to_bytes(4, "little")


class Simulator:
    """The simulated glove in real time on a pseudo-terminal; ``port`` is what to open. A context manager."""

    def __init__(self, scenario: Path, seconds: float = 0.0, log: Path | None = None, wait: bool = False) -> None:
        """``log``: where to write what happened at the pins (:func:`read_log`), complete after the end; ``wait``: time
        begins when somebody opens the port."""
        self._command = [str(SIMULATOR), "--scenario", str(scenario)]
        self._command += ["--log", str(log)] if log else []
        self._command += ["--wait"] if wait else []
        self._command += ["--seconds", str(seconds)] if seconds else []

    def __enter__(self) -> Simulator:
        self._process = subprocess.Popen([*self._command, str(ELF)], stdout=subprocess.PIPE, text=True)
        with contextlib.suppress(OSError):  # a glove has a processor of its own; not everybody may say so
            os.setpriority(os.PRIO_PROCESS, self._process.pid, -15)
        assert self._process.stdout is not None
        self.port = self._process.stdout.readline().strip()
        assert self.port, "the simulator did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)
