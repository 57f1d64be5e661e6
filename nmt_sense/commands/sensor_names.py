"""Whether a sensor of that name can be: what no glove can keep is refused, what none here has is only warned of.

A name that this glove lacks may be right all the same: ``set-up`` gives a sensor any name, and who fits files from a
bench may have no glove at all. A profile belongs to a sensor through ``glove.toml``, not through this name.
"""

from __future__ import annotations

from pathlib import Path

from nmt_sense.commands.console import warn
from nmt_sense.errors import NmtError, ProfileError
from nmt_sense.glove.ports import is_name
from nmt_sense.glove.practitioner import SENSORS
from nmt_sense.glove.wire import SENSOR_NAME_MAX
from nmt_sense.sensing.layout import FILE_NAME, load_layout
from nmt_sense.workspace import find_workspace


def check_sensor(name: str) -> None:
    """Raises :class:`NmtError` for what no sensor of a glove can be called."""
    if not is_name(name, SENSOR_NAME_MAX) or not name.strip():
        raise NmtError(f"A sensor's name has 1 to {SENSOR_NAME_MAX} ASCII characters, unlike {name!r}.")


def warn_of_stranger(name: str, workspace: Path | None) -> None:
    """Warn of a name that no sensor here has; ``workspace`` is the one named, and none is made to look."""
    known = {*SENSORS, *_named_in(workspace)}
    if name not in known:
        warn(
            f"No sensor here is called {name} (there are {', '.join(sorted(known))}); the profile is used live once "
            f"{FILE_NAME} names it for a sensor that the glove has."
        )


def _named_in(workspace: Path | None) -> set[str]:
    """Sensors that the glove layout of a workspace names; none where there is no workspace, or no usable layout."""
    place = find_workspace(workspace)
    if place is None:
        return set()
    try:
        layout = load_layout(place.calibration)
    except ProfileError:  # whoever fits does not need it
        return set()
    return {*layout.sensors, *(sensor for names in layout.contacts.values() if names != "all" for sensor in names)}
