from __future__ import annotations

import time

import numpy as np
import pytest
import serial

import nmt_sense.glove  # noqa: F401  (registers the protocols)
from nmt_sense.glove.practitioner import SENSORS
from nmt_sense.glove.protocol_sim import GloveSource, script_from
from nmt_sense.glove.weights import CHANGE_S, weights


def test_each_load_stands_for_its_time_and_then_the_first_comes_again() -> None:
    loads = weights("5,10:2,0:1", "thumb")
    at = np.array([0.0, 3.0, 5.9, 6.0, 6.0 + CHANGE_S, 7.9, 8.5, 9.0, 12.0])
    np.testing.assert_allclose(loads.newtons(at), [0, 5, 5, 5, 10, 10, 0, 0, 5])


def test_only_the_sensor_on_the_bench_is_pressed() -> None:
    newtons = weights("5", "index").sensor_newtons(np.array([3.0]))
    assert newtons.shape == (1, len(SENSORS))
    assert newtons[0].tolist() == [5.0 if name == "index" else 0.0 for name in SENSORS]


@pytest.mark.parametrize("text", ["", "5,,6", "five", "-1", "5:0", "1e9", "nan", "5:inf"])
def test_loads_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="steps"):
        weights(text, "thumb")


def test_a_bench_needs_a_sensor_that_is_there() -> None:
    with pytest.raises(ValueError, match="no sensor toe"):
        script_from({"steps": "5", "on": "toe"})


def test_the_scale_shows_the_true_force_under_the_newest_simulated_glove() -> None:
    glove = GloveSource(script_from({"steps": "5,12.5:3"}))
    scale = serial.serial_for_url("simscale://", timeout=0)
    glove.advance_to(3.0)
    assert scale.read(100) == b"0.000 N\r\n"  # it has not been started, so its time stands still
    glove.glove.streaming, glove._waiting = True, False
    glove.advance_to(11.0)
    time.sleep(0.03)
    assert scale.read(100) == b"12.500 N\r\n"
    scale.close()


def test_a_scale_takes_no_address() -> None:
    with pytest.raises(serial.SerialException, match="takes nothing more"):
        serial.serial_for_url("simscale://there")
