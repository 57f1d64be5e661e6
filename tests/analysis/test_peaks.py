"""What a recording's forces tell of a row: how sure its peak is, and whether its contact pressed at all."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from nmt_sense.analysis import peaks
from nmt_sense.analysis.peaks import peak_half_widths_n, pressed_elsewhere
from nmt_sense.coaching.sheet import _BLANK
from nmt_sense.errors import RecordingError
from nmt_sense.holds import Hold, HoldEnd
from nmt_sense.session import layout

TIME_S = np.arange(1000) / 100
FORCE_N = (10.0 * np.sin(TIME_S) ** 2).astype(np.float32)


class Played:
    """A recording of one contact, of whose forces the half-width is a newton and a quarter of them."""

    header = SimpleNamespace(sensors=("thumb", "index"))
    overview_widths = (64,)

    def __init__(self, contact_n: float = 0.0, index_n: float = 0.0) -> None:
        self._columns = {
            layout.TIME: TIME_S,
            layout.CONTACT: FORCE_N,
            layout.CONTACT_UNCERTAINTY: 1.0 + FORCE_N / 4,
        }
        self._top = np.array([[contact_n, index_n, contact_n]], np.float32)

    def __len__(self) -> int:
        return len(TIME_S)

    def read(self, name: str, rows: slice) -> np.ndarray:
        return self._columns[name][rows]

    def overview_level(self, scans_per_bin: int) -> SimpleNamespace:
        return SimpleNamespace(maximum=self._top)


def row(start_s: float, end_s: float) -> Hold:
    return Hold(**_BLANK, number=1, start_s=start_s, end_s=end_s, end=HoldEnd.RELEASED)  # type: ignore[arg-type]


@pytest.mark.parametrize("block", [7, 100, 1 << 16])
def test_each_peak_has_the_band_of_its_own_sample_however_the_file_is_read(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peaks, "BLOCK_SCANS", block)
    rows = [row(0.0, 1.0), row(0.5, 3.0), row(2.0, 9.99), row(20.0, 21.0)]
    *found, none = peak_half_widths_n(Played(), rows)  # type: ignore[arg-type]
    largest = [float(FORCE_N[(one.start_s <= TIME_S) & (one.end_s >= TIME_S)].max()) for one in rows[:3]]
    np.testing.assert_allclose(found, 1.0 + np.array(largest) / 4, rtol=1e-6)
    assert math.isnan(none)


def test_of_a_damaged_file_the_rows_are_still_to_be_had() -> None:
    class Damaged(Played):
        def read(self, name: str, rows: slice) -> np.ndarray:
            raise RecordingError("damaged")

    assert peak_half_widths_n(Damaged(), [row(0.0, 1.0)]) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("contact_n", "index_n", "told"), [(0.4, 20.0, ["index"]), (5.0, 20.0, []), (0.4, 0.9, []), (30.0, 0.0, [])]
)
def test_a_contact_that_never_pressed_while_another_sensor_did_is_noticed(
    contact_n: float, index_n: float, told: list[str]
) -> None:
    assert pressed_elsewhere(Played(contact_n, index_n), ["thumb"]) == told  # type: ignore[arg-type]
