"""The simulator in real time on a pseudo-terminal: what a host program sees of it."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
import serial
from simulator import ELF, SCENARIOS, SIMULATOR, Simulator, command

from nmt_sense.glove import wire
from nmt_sense.glove.wire import Kind


class Host:
    """The least a host must do: write frames, take messages in turn."""

    def __init__(self, port: serial.Serial) -> None:
        self.port = port
        self.decoder = wire.Decoder()
        self.waiting: list[wire.Message] = []

    def send(self, kind: Kind, sequence: int) -> None:
        self.port.write(b"\0" + wire.frame(bytes.fromhex(command(kind, sequence))))

    def next(self, kind: type, patience_s: float = 10.0) -> wire.Message:
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            while self.waiting:
                if isinstance(message := self.waiting.pop(0), kind):
                    return message
            self.waiting = list(self.decoder.feed(self.port.read(self.port.in_waiting or 1)))
        raise AssertionError(f"no {kind.__name__} came")


def test_a_host_can_open_it_late_talk_to_it_and_open_it_again() -> None:
    with Simulator(SCENARIOS / "three_holds.txt") as glove:
        for sequence in (1, 2):
            with serial.Serial(glove.port, wire.BAUD, timeout=0.1) as port:
                host = Host(port)
                host.send(Kind.INFO, sequence)
                hello = host.next(wire.Hello)
                assert isinstance(hello, wire.Hello)
                assert hello.info is not None
                assert hello.info.simulated
                host.send(Kind.START, sequence)
                data = host.next(wire.Data)
                assert isinstance(data, wire.Data)
                assert data.counts.shape == (hello.info.scans_per_frame, hello.info.channels)
                host.send(Kind.STOP, sequence)
                host.next(wire.Status)
                assert host.decoder.bad_frames == 0


def test_it_ends_by_itself_and_removes_its_link(tmp_path: Path) -> None:
    link = tmp_path / "glove"
    command_line = [SIMULATOR, "--fast", "--seconds", "0.2", "--link", link, ELF]
    done = subprocess.run([str(part) for part in command_line], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("/dev/")
    assert not link.is_symlink()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("force thumb 0:0 0:5", "knots must go forward in time"),
        ("force toe 0:0", "no such sensor"),
        ("1.0 send 8", "pairs of hex digits"),
        ("1.0 dance", "what happens is one of"),
        ("1.0 press nose 1", "press needs client_stop or marker"),
        ("noise", "a number is missing"),
        ("divider thumb 3300 4", "more on this line"),
    ],
)
def test_a_wrong_scenario_is_named_with_its_line(tmp_path: Path, line: str, complaint: str) -> None:
    path = tmp_path / "scenario.txt"
    path.write_text(f"# fine\n{line}\n")
    done = subprocess.run(
        [str(SIMULATOR), "--fast", "--seconds", "0.1", "--scenario", str(path), str(ELF)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert f"{path}:2: " in done.stderr
    assert complaint in done.stderr
