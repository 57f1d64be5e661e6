"""What a pipeline runs: port, technique, contact; and how that looks before anything has come."""

from __future__ import annotations

from dataclasses import dataclass

from nmt_sense.coaching.coach import Coach
from nmt_sense.coaching.technique import DEFAULT, Technique, load_technique
from nmt_sense.sensing.layout import Layout, load_layout
from nmt_sense.state import LinkPhase, LiveState
from nmt_sense.workspace import Workspace

_ANY_PERIOD_S = 0.004


@dataclass(frozen=True, slots=True)
class Setup:
    """What to run. All of it can be changed between recordings."""

    port: str
    technique: Technique
    contact: str
    rate_hz: int | None = None
    """Scan rate to set, or None to take the glove's own."""
    reconnect: bool = True
    """Look for a lost glove again; without, the first failure ends the run."""


def default_setup(workspace: Workspace, port: str, technique: str = DEFAULT) -> Setup:
    """A technique by name and the default contact of the workspace's layout. Raises :class:`NmtError`."""
    layout = load_layout(workspace.calibration)
    return Setup(port, load_technique(technique, [workspace.techniques]), layout.default_contact)


def blank_state(setup: Setup, layout: Layout, phase: LinkPhase) -> LiveState:
    """The picture before any glove has been met."""
    sensors = layout.contacts.get(setup.contact, ())
    return LiveState(
        phase=phase,
        port=setup.port,
        progress=Coach(setup.technique, _ANY_PERIOD_S).progress,
        contact=setup.contact,
        technique=setup.technique.title,
        calibration=layout.verdict(sensors),
        calibration_trusted=layout.trusted(sensors),
        contact_sensors=tuple(sensors),
    )
