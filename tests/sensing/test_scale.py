import pytest

from nmt_sense.sensing.pressure import nominal_pressure
from nmt_sense.sensing.profile import ContactArea
from nmt_sense.sensing.scale import Scale, ScaleError, newtons, typed


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ST,GS,+  1.234kg", 12.1014),
        ("   500 g", 4.903325),
        ("-0,5 N", -0.5),
        ("2.0 lb", 8.896443),
        ("W: 1.5", 14.709975),
        ("ready", None),
        ("", None),
    ],
)
def test_what_a_scale_prints_becomes_newtons(line: str, expected: float | None) -> None:
    assert newtons(line, "kg") == (None if expected is None else pytest.approx(expected, rel=1e-5))


def test_what_a_person_types_is_newtons_unless_it_says_otherwise() -> None:
    assert typed("12.5") == 12.5
    assert typed("1.2 kg") == pytest.approx(11.768, rel=1e-4)
    for text in ("", "heavy", "-3"):
        with pytest.raises(ScaleError, match="type newtons"):
            typed(text)


def test_a_scale_is_read_line_by_line_and_the_newest_counts() -> None:
    scale = Scale("loop://", unit="kg")
    assert scale.poll() is None
    scale._port.write(b"1.0 kg\r\n2.0 kg\r\n3.")
    assert scale.poll() == pytest.approx(2 * 9.80665)
    scale._port.write(b"5 kg\n")
    assert scale.poll() == pytest.approx(3.5 * 9.80665)
    scale.close()


def test_a_port_that_is_not_there_is_said_in_a_sentence() -> None:
    with pytest.raises(ScaleError, match="cannot be opened"):
        Scale("/dev/no-such-scale")


def test_pressure_needs_a_declared_area_and_stays_nominal() -> None:
    assert nominal_pressure(20.0, None) is None
    shown = nominal_pressure(2.5 * 9.80665, ContactArea(cm2=1.0, method="rubber disc, measured"))
    assert shown is not None
    assert shown.kpa == pytest.approx(245.16625)
    assert shown.kg_per_cm2 == pytest.approx(2.5)
    assert shown.words == "nominal 245 kPa (2.50 kg/cm²) on 1 cm² (rubber disc, measured)"
