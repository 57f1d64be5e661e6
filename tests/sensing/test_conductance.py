import numpy as np
import pytest
from gloves import glove

from nmt_sense.sensing.conductance import Divider, top_code


@pytest.mark.parametrize(("samples", "shift", "expected"), [(1, 0, 1023), (4, 1, 2046), (16, 2, 4092), (4, 0, 4092)])
def test_top_code_is_every_conversion_at_its_last_code(samples: int, shift: int, expected: int) -> None:
    assert top_code(glove(samples=samples, shift=shift)) == expected


def test_conductance_follows_ohms_law_at_values_computed_by_hand() -> None:
    divider = Divider(3300, full_scale=2048, top_code=2046)
    # half the reference: sensor and resistor are equal, 1/3300 S = 303.0303 µS; a quarter: a third of that
    assert divider.conductance_us([0, 512, 1024]) == pytest.approx([0.0, 101.0101, 303.0303], abs=1e-4)


@pytest.mark.parametrize("ohm", [100, 3300, 1_000_000])
def test_counts_come_back_from_the_conductance_they_gave(ohm: int) -> None:
    divider = Divider(ohm, full_scale=2048, top_code=2046)
    counts = np.arange(2047)
    siemens = divider.conductance_us(counts) * 1e-6
    assert siemens * ohm / (1 + siemens * ohm) * 2048 == pytest.approx(counts, rel=1e-9)


def test_only_the_two_ends_of_the_scale_count_as_saturated() -> None:
    divider = Divider(3300, full_scale=2048, top_code=2046)
    assert divider.saturated([0, 1, 2045, 2046, 2048]).tolist() == [True, False, False, True, True]
