"""Whether a recording's contact pressed at all."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from nmt_sense.analysis.pressed_elsewhere import pressed_elsewhere


def played(contact_n: float, index_n: float) -> SimpleNamespace:
    """A recording of one contact, the thumb, by what its overview tells."""
    return SimpleNamespace(
        header=SimpleNamespace(sensors=("thumb", "index")),
        overview_widths=(64,),
        overview_level=lambda width: SimpleNamespace(maximum=np.array([[contact_n, index_n, contact_n]], np.float32)),
    )


@pytest.mark.parametrize(
    ("contact_n", "index_n", "told"), [(0.4, 20.0, ["index"]), (5.0, 20.0, []), (0.4, 0.9, []), (30.0, 0.0, [])]
)
def test_a_contact_that_never_pressed_while_another_sensor_did_is_noticed(
    contact_n: float, index_n: float, told: list[str]
) -> None:
    assert pressed_elsewhere(played(contact_n, index_n), ["thumb"]) == told  # type: ignore[arg-type]
