import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.sensing.curves import monotone_cubic, power_law


def test_power_law_gives_back_the_force_that_made_the_conductance() -> None:
    force = np.array([0.0, 0.5, 1.0, 32.0, 130.0])
    assert power_law(16.0, 0.9)(16.0 * force**0.9) == pytest.approx(force)


def test_cubic_goes_through_zero_and_its_points_and_on_as_a_straight_line() -> None:
    curve = monotone_cubic([100.0, 200.0, 400.0], [5.0, 12.0, 40.0])
    assert curve(np.array([0.0, 100.0, 200.0, 400.0])) == pytest.approx([0.0, 5.0, 12.0, 40.0])
    beyond = curve(np.array([400.0, 500.0, 600.0]))
    assert beyond[1] > beyond[0]
    assert beyond[2] - beyond[1] == pytest.approx(beyond[1] - beyond[0])


def test_cubic_of_points_on_a_line_is_that_line_everywhere() -> None:
    curve = monotone_cubic([10.0, 30.0, 70.0], [1.0, 3.0, 7.0])
    at = np.linspace(0, 100, 41)
    assert curve(at) == pytest.approx(at / 10)


@given(
    st.lists(
        st.tuples(st.floats(1.0, 200.0), st.floats(0.01, 50.0)),
        min_size=2,
        max_size=8,
    )
)
def test_more_conductance_never_means_less_force(steps: list[tuple[float, float]]) -> None:
    conductance, force = np.cumsum([step[0] for step in steps]), np.cumsum([step[1] for step in steps])
    shown = monotone_cubic(conductance.tolist(), force.tolist())(np.linspace(0, 2 * conductance[-1], 500))
    assert np.all(np.diff(shown) >= -1e-9 * force[-1])
    assert shown[0] == 0.0
    assert shown[-1] > force[-1]
