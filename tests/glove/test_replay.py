"""A recording played again is the glove that made it; what no glove could have said is refused in words."""

from __future__ import annotations

from pathlib import Path

import h5py
import msgspec
import numpy as np
import pytest
import serial

import nmt_sense.glove  # noqa: F401  registers replay://
from nmt_sense.device import Button, GloveInfo
from nmt_sense.glove import wire
from nmt_sense.glove.protocol_replay import MOST_EVENTS
from nmt_sense.glove.virtual import Script, virtual_info
from nmt_sense.session import layout

FIRST, SCANS = 1000, 300
EVENT = np.dtype([("time_s", "<f8"), ("kind", "S11"), ("value", "<f8"), ("text", "S10")])
INFO = virtual_info(Script())


def write(path: Path, info: GloveInfo = INFO, scan: np.ndarray | None = None, events: list[tuple] | None = None) -> str:
    """The parts of a recording that a replay reads; its URL."""
    scan = np.arange(FIRST, FIRST + SCANS, dtype=np.int64) if scan is None else scan
    with h5py.File(path, "w") as file:
        file["device"] = msgspec.toml.encode(info).decode()
        counts = np.arange(len(scan) * max(1, info.channels), dtype=np.uint16).reshape(len(scan), -1)
        for name, rows in (("raw/scan", scan), ("raw/counts", counts), ("events", np.array(events or [], EVENT))):
            stored = {"chunks": (64, *rows.shape[1:]), "maxshape": (None, *rows.shape[1:])}
            file.create_dataset(name, data=rows, **stored, compression="gzip", shuffle=True, fletcher32=True)
    return f"replay://{path}?speed=max"


def played(url: str) -> list[wire.Message]:
    """Everything the replay sends."""
    with serial.serial_for_url(url, timeout=0.0) as port:
        port.write(wire.frame(wire.pack(wire.Command(wire.Kind.START, 1))))
        received = b"".join(port.read(4096) for _ in range(SCANS))
    return list(wire.Decoder().feed(received))


def test_a_glove_with_a_board_of_later_days_is_played_again(tmp_path: Path) -> None:
    info = msgspec.structs.replace(INFO, board="board 7")
    hello, *_, last = played(write(tmp_path / "a.h5", info))
    assert isinstance(hello, wire.Hello)
    assert hello.info == info
    assert isinstance(last, wire.Data)
    assert last.first_scan + len(last.counts) == FIRST + SCANS


def test_buttons_of_the_glove_are_pressed_again_before_the_scans_that_they_fall_into(tmp_path: Path) -> None:
    events = [
        (0.4, b"marker", np.nan, b"glove"),
        (0.5, b"marker", np.nan, b"key"),
        (0.8, b"client_stop", np.nan, b"glove"),
        (0.9, b"cue", 3.0, b"too_much"),
        (1.15, b"client_stop", np.nan, b"glove"),
    ]
    messages = played(write(tmp_path / "a.h5", events=events))
    edges = [message for message in messages if isinstance(message, wire.ButtonEdge)]
    scans = [edge.scan - FIRST for edge in edges if edge.down]
    assert scans == [100, 200, 287]
    assert [edge.button for edge in edges if edge.down] == [Button.MARKER, Button.CLIENT_STOP, Button.CLIENT_STOP]
    assert [edge.sequence for edge in edges] == list(range(len(edges)))
    (at,) = [number for number, message in enumerate(messages) if message is edges[0]]
    following = messages[at + 1]
    assert isinstance(following, wire.Data)
    assert following.first_scan <= edges[0].scan < following.first_scan + len(following.counts)
    assert following.buttons == 1 << Button.MARKER


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scans_per_frame": 0}, "scans_per_frame is 0"),
        ({"tick_hz": 0}, "tick_hz is 0"),
        ({"period_ticks": 0}, "period_ticks is 0"),
        ({"period_ticks": -8000}, "no glove"),
        ({"board": "nano"}, "no glove"),
        ({"firmware": "one"}, "no glove"),
        ({"adc_bits": 2**62}, "no glove"),
        ({"config_state": "odd"}, "no glove"),
        ({"reset_cause": "odd"}, "reset_cause"),
        ({"protocol": 2}, "protocol"),
        ({"name": "é"}, "no glove"),
        ({"name": "n" * 240}, "no glove"),
        ({"sensors": ()}, "no sensors"),
    ],
)
def test_a_description_that_no_glove_gives_of_itself_is_refused_in_words(
    changes: dict[str, object], said: str, tmp_path: Path
) -> None:
    url = write(tmp_path / "a.h5", msgspec.structs.replace(INFO, **changes), np.arange(3))
    with pytest.raises(serial.SerialException, match=said):
        serial.serial_for_url(url)


@pytest.mark.parametrize("scan", [[3, 2, 1], [5, 5, 6], [-1, 0, 1], [0.0, 1.0, 2.0], [0, 1, 2**60]])
def test_scans_out_of_order_are_refused_in_words(scan: list[float], tmp_path: Path) -> None:
    with pytest.raises(serial.SerialException, match=r"damaged|not those of its glove"):
        serial.serial_for_url(write(tmp_path / "a.h5", scan=np.array(scan)))


def test_more_events_than_a_recording_has_are_refused_in_words(tmp_path: Path) -> None:
    assert MOST_EVENTS == layout.MOST_EVENTS  # a glove knows nothing of recordings, and must not promise less
    url = write(tmp_path / "a.h5", events=[(0.1, b"marker", 0.0, b"glove")] * (MOST_EVENTS + 1))
    with pytest.raises(serial.SerialException, match="events are none, or more than"):
        serial.serial_for_url(url)


def test_data_of_another_file_are_not_played(tmp_path: Path) -> None:
    write(tmp_path / "other.h5")
    url = write(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "a") as file:
        del file["raw/counts"]
        file["raw/counts"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "raw/counts")
    with pytest.raises(serial.SerialException, match="leads out of the file"):
        serial.serial_for_url(url)


def test_a_glove_that_says_it_sends_no_scans_in_a_frame_is_not_believed() -> None:
    info = msgspec.structs.replace(INFO, scans_per_frame=0)
    assert wire.parse(wire.pack(wire.Hello(1, info))) is None
