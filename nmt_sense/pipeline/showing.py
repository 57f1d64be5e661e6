"""How a moment of the pipeline becomes a :class:`LiveState`."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from nmt_sense.blocks import ForceBlock
from nmt_sense.coaching.coach import Coach
from nmt_sense.coaching.state import Advice
from nmt_sense.derivation import Derivation
from nmt_sense.device import Button
from nmt_sense.events import Event
from nmt_sense.glove.wire import ButtonEdge
from nmt_sense.pipeline.flow import Flow
from nmt_sense.pipeline.recorder import Recorder
from nmt_sense.sensing.layout import CALIBRATED, Layout
from nmt_sense.setup import Setup
from nmt_sense.state import LinkPhase, LiveState

_ANY_PERIOD_S = 0.004
EVENTS_SHOWN = 64
"""Marks and reports that the picture of now carries: more than twenty seconds of a chart could tell apart."""


def blank_state(setup: Setup, layout: Layout, phase: LinkPhase) -> LiveState:
    """The picture before any glove has been met."""
    named = layout.contacts.get(setup.contact, ())
    coach = Coach(setup.technique, _ANY_PERIOD_S)
    sensors = () if isinstance(named, str) else tuple(named)  # "all" names no sensor until a glove is known
    return LiveState(
        phase=phase,
        port=setup.port,
        progress=coach.progress,
        situation=coach.situation,
        contact=setup.contact,
        technique=setup.technique.title,
        plan=setup.technique,
        calibration=layout.verdict(sensors),
        calibration_trusted=layout.trusted(sensors),
        contact_area=layout.area(setup.contact),
        contact_sensors=sensors,
    )


def newest(force: ForceBlock, derivation: Derivation) -> dict[str, Any]:
    """What the newest scan of a block changes in the picture."""
    return {
        "phase": LinkPhase.STREAMING,
        "time_s": derivation.newest_s,
        "newtons": tuple(force.newtons[-1].tolist()),
        "uncertainty_n": tuple(force.uncertainty_n[-1].tolist()),
        "contact_n": float(force.contact_n[-1]),
        "contact_uncertainty_n": float(force.contact_uncertainty_n[-1]),
        "newest_ns": time.monotonic_ns(),
        "frozen": "",
        "frozen_s": 0.0,
    }


def pressed(state: LiveState, edge: ButtonEdge) -> LiveState:
    """The picture with a button of the glove down or up."""
    if edge.button is Button.CLIENT_STOP:
        return replace(state, client_stop_down=edge.down)
    return replace(state, marker_down=edge.down)


def with_event(state: LiveState, event: Event) -> tuple[Event, ...]:
    """The marks and reports of the picture, one more among them."""
    return (*state.events, event)[-EVENTS_SHOWN:]


def waiting(state: LiveState, phase: LinkPhase, why: str, problem: str, seconds: float) -> LiveState:
    """The picture while nothing comes: the hold timer waits, and it says why and for how long."""
    progress = replace(state.progress, advice=Advice.WAIT)
    return replace(state, phase=phase, problem=problem, progress=progress, frozen=why, frozen_s=seconds)


def picture(
    state: LiveState, setup: Setup, flow: Flow, recorder: Recorder | None, changes: dict[str, Any]
) -> LiveState:
    """The picture of now, made from the last one."""
    coach, chain = flow.derivation.coach, flow.derivation.chain
    return replace(
        state,
        port=setup.port,
        technique=setup.technique.title,
        plan=setup.technique,
        info=flow.info,
        progress=coach.progress,
        situation=coach.situation,
        holds=coach.rows.newest,
        totals=coach.totals,
        contact_sensors=chain.contact_sensors,
        calibration=chain.verdict,
        calibration_trusted=chain.verdict == CALIBRATED,
        contact_area=chain.contact_area,
        recording=recorder is not None,
        verdict="" if recorder is None else recorder.verdict,
        recorded_s=0.0 if recorder is None or recorder.first_scan is None else flow.derivation.newest_s,
        **changes,
    )
