"""What a pipeline runs: port, technique, contact."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nmt_sense.coaching.technique import DEFAULT, Technique, load_technique
from nmt_sense.sensing.layout import load_layout
from nmt_sense.workspace import Workspace


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
    patience_s: float = math.inf
    """How long a lost glove is waited for, s. Unless endless, one that was not there at first is not waited for."""


def default_setup(workspace: Workspace, port: str, technique: str = DEFAULT) -> Setup:
    """A technique by name and the default contact of the workspace's layout. Raises :class:`NmtError`."""
    layout = load_layout(workspace.calibration)
    return Setup(port, load_technique(technique, [workspace.techniques]), layout.default_contact)
