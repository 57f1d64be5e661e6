import datetime
import math
import re

import msgspec
import numpy as np
import pytest
from bench import conductance

from nmt_sense.sensing.ageing import checked, gain_deviation
from nmt_sense.sensing.calibration import About, check_against
from nmt_sense.sensing.guided import CONDITIONING_PRESSES, Guided, GuidedError, Kind, plan

TODAY = datetime.date(2026, 11, 25)
RATE_HZ = 100.0


class Person:
    """Does what is asked, with a sensor that flattens and creeps a little."""

    def __init__(self, guided: Guided) -> None:
        self.guided, self.time_s = guided, 0.0
        self._rng = np.random.default_rng(4)

    def put_on(self, load_n: float, seconds: float, creep: float = 0.0) -> None:
        at = np.arange(0.0, seconds, 1.0 / RATE_HZ)
        grown = 1.0 + creep * np.log10(1.0 + at)
        reading = conductance(load_n * grown) * (1.0 + 0.004 * self._rng.standard_normal(len(at)))
        self.guided.read(self.time_s + at, reading)
        self.time_s += seconds

    def do(self) -> None:
        step = self.guided.step
        assert step is not None
        if step.kind is Kind.CONDITION:
            for _ in range(CONDITIONING_PRESSES):
                self.put_on(step.load_n or 0.0, 1.0)
                self.put_on(0.0, 1.0)
            self.guided.accept()
        elif step.kind is Kind.ZERO:
            self.put_on(0.0, 5.0)
            self.guided.accept()
        else:
            self.put_on(step.load_n or 0.0, step.seconds + 1.0, creep=0.02 if step.kind is Kind.HOLD else 0.0)
            self.guided.accept(step.load_n)


def test_a_person_who_does_what_is_asked_gets_a_good_profile_that_is_checked_today() -> None:
    guided = Guided(About("thumb", operator="P07", instrument="kitchen scale"), 50.0)
    person = Person(guided)
    while guided.step is not None:
        person.do()
    result = guided.finish(TODAY)
    assert "Good for a sensor of this kind" in result.words
    assert result.outcome.check.verdict == "ok"
    profile = result.profile
    assert checked(profile, TODAY)
    assert (profile.operator, profile.instrument, profile.version) == ("P07", "kitchen scale", 1)
    assert re.fullmatch(r"5 presses seen, of up to 5\d(\.\d)? N", profile.conditioning or "")
    force = np.array([5.0, 20.0, 45.0])
    np.testing.assert_allclose(profile.to_force()(conductance(force)), force, rtol=0.06)


def test_todays_band_knows_every_load_of_the_calibration_not_only_the_two_that_judge_it() -> None:
    guided = Guided(About("thumb"), 50.0)
    person = Person(guided)
    while guided.step is not None:
        person.do()
    profile = guided.finish(TODAY).profile
    fitted = msgspec.structs.replace(profile, checks=(), drift=(), spread=1.0)
    judged_only = check_against(fitted, guided.taken(Kind.VERIFY), on=TODAY).profile
    loads = np.array([5.0, 12.5, 25.0, 50.0])
    narrower = gain_deviation(profile, loads, TODAY) / gain_deviation(judged_only, loads, TODAY)
    assert np.all(narrower < 0.75)
    assert np.all(gain_deviation(profile, loads, TODAY) > 0.05)  # how it differs from visit to visit stays


def test_the_creep_of_the_hold_is_undone() -> None:
    guided = Guided(About("thumb"), 50.0)
    person = Person(guided)
    while guided.step is not None:
        person.do()
    shares = [term.share for term in guided.finish(TODAY).profile.creep]
    assert 0.005 < np.mean(shares) < 0.025


def test_every_step_says_what_to_do_and_why() -> None:
    steps = plan(40.0)
    assert [steps[0].kind, steps[1].kind, steps[-1].kind] == [Kind.CONDITION, Kind.ZERO, Kind.VERIFY]
    assert steps[0].load_n == pytest.approx(44.0)
    loads = [step.load_n for step in steps if step.kind is Kind.LOAD]
    assert loads == [4.0, 10.0, 20.0, 30.0, 40.0, 30.0, 20.0, 10.0, 4.0]
    assert all(step.do.endswith(".") and step.why.endswith(".") for step in steps)


def at_step(kind: Kind) -> tuple[Guided, Person]:
    guided = Guided(About("thumb"), 50.0)
    person = Person(guided)
    while guided.step is not None and guided.step.kind is not kind:
        person.do()
    return guided, person


def test_a_load_that_does_not_stand_still_is_not_taken() -> None:
    guided, person = at_step(Kind.LOAD)
    for load_n in np.linspace(1.0, 40.0, 20):
        person.put_on(float(load_n), 0.2)
    assert not guided.moment.steady
    with pytest.raises(GuidedError, match="Keep it still for 3 s more"):
        guided.accept(5.0)
    person.put_on(40.0, 1.6)
    assert guided.moment.steady
    assert 0.4 < guided.moment.progress < 0.7


def test_nothing_is_taken_without_a_load_or_without_its_force() -> None:
    guided, person = at_step(Kind.LOAD)
    assert math.isnan(guided.moment.conductance_us)
    with pytest.raises(GuidedError, match="No reading has come"):
        guided.accept(5.0)
    person.put_on(0.0, 4.0)
    with pytest.raises(GuidedError, match="Nothing presses"):
        guided.accept(5.0)
    person.put_on(5.0, 4.0)
    with pytest.raises(GuidedError, match="type what the scale shows"):
        guided.accept()
    guided.accept(5.0)


def test_a_sensor_that_is_pressed_at_rest_is_noticed() -> None:
    guided, person = at_step(Kind.ZERO)
    person.put_on(6.0, 4.0)
    assert "Something presses" in guided.moment.hint


def test_conditioning_counts_presses() -> None:
    guided, person = at_step(Kind.CONDITION)
    for _ in range(3):
        person.put_on(50.0, 1.0)
        person.put_on(0.0, 1.0)
    assert guided.moment.hint == "2 more presses."
    assert guided.moment.progress == pytest.approx(0.6)


def test_noise_of_a_sensor_that_nobody_presses_is_no_press() -> None:
    guided, person = at_step(Kind.CONDITION)
    noise = np.abs(np.random.default_rng(2).standard_normal(500)) * 0.1
    guided.read(np.arange(500) / RATE_HZ, noise)
    assert guided.moment.hint == "5 more presses."
    person.time_s = 5.0
    for _ in range(5):
        person.put_on(50.0, 1.0)
        person.put_on(0.0, 1.0)
    assert guided.moment.hint == ""


@pytest.mark.parametrize(("pressed_n", "said"), [(0.5, "not seen"), (40.0, "6 presses seen, of up to ")])
def test_a_profile_says_what_was_seen_of_its_conditioning_not_what_was_asked_for(pressed_n: float, said: str) -> None:
    guided, person = at_step(Kind.CONDITION)
    for _ in range(6):
        person.put_on(pressed_n, 1.0)
        person.put_on(0.0, 1.0)
    guided.accept()
    while guided.step is not None:
        person.do()
    assert (guided.finish(TODAY).profile.conditioning or "").startswith(said)


def test_a_scale_that_is_read_live_is_compared_at_its_own_times() -> None:
    guided, person = at_step(Kind.LOAD)
    person.put_on(5.0, 4.0)
    for tenths in range(40):
        guided.refer(person.time_s - 4.0 + tenths / 10.0, 5.2)
    assert guided.moment.reference_n == 5.2
    guided.accept()
    person.put_on(12.5, 10.0)
    assert guided.moment.reference_n is None


def test_a_step_can_be_done_again() -> None:
    guided, person = at_step(Kind.LOAD)
    person.put_on(5.0, 4.0)
    guided.accept(50.0)
    number = guided.number
    guided.again()
    assert guided.number == number - 1
    person.put_on(5.0, 2.0)
    guided.again()
    assert guided.number == number - 1
    with pytest.raises(GuidedError, match="still to be done"):
        guided.finish(TODAY)


def test_a_largest_load_that_is_none_is_refused() -> None:
    with pytest.raises(GuidedError, match="between 2 and 2000 N"):
        Guided(About("thumb"), float("nan"))
