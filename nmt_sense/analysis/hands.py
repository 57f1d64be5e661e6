"""The practitioner's own hands: loads of the recordings of a workspace, and the budgets that are kept there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from nmt_sense.coaching.own_hands import Budgets, RecordingLoad
from nmt_sense.errors import ProfileError, RecordingError
from nmt_sense.storing import store
from nmt_sense.strict import toml
from nmt_sense.strict.apart import apart
from nmt_sense.workspace import Workspace

FILE_NAME = "hands.toml"
Read = RecordingLoad | RecordingError


def recordings_in(place: Workspace) -> list[Path]:
    """All recordings of a workspace, also those in folders within, by name: the newest last."""
    return sorted(place.recordings.rglob("*.h5"))


def loads_of(paths: Sequence[Path]) -> Iterator[tuple[Path, Read]]:
    """Each recording with its load, or with why it cannot be read; one after the other, as they are asked for."""
    for path in paths:
        try:
            yield path, apart("nmt_sense.analysis.judging:load_of", path, RecordingLoad)
        except RecordingError as error:
            yield path, error


def read_budgets(place: Workspace) -> dict[str, float]:
    """Budgets of the workspace, N·s a day by sensor. Raises :class:`ProfileError` for a file that is not usable."""
    path = place.root / FILE_NAME
    return dict(toml.read(path, Budgets, f"The budgets {FILE_NAME}", ProfileError).budget_ns) if path.exists() else {}


def keep_budgets(place: Workspace, budgets: Mapping[str, float]) -> dict[str, float]:
    """Keep these; one of 0 is taken back. What is kept now. Raises :class:`NmtError` when it cannot be written."""
    kept = {sensor: value for sensor, value in budgets.items() if value > 0}
    store(place.root / FILE_NAME, toml.encode(Budgets(kept)))
    return kept
