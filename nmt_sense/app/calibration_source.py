"""What calibrating needs from the running pipeline, and how one sensor's readings get from there to the machine."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from nmt_sense.app.source import LiveSource
from nmt_sense.sensing.conductance import Divider
from nmt_sense.sensing.guided import Guided
from nmt_sense.sensing.layout import Layout
from nmt_sense.sensing.scale import Scale, ScaleError
from nmt_sense.trace import Scans, Taken
from nmt_sense.workspace import Workspace


class CalibratedSource(LiveSource, Protocol):
    """A running pipeline whose calibration can be changed."""

    @property
    def scans(self) -> Scans:
        """The newest scans as they came."""
        ...

    @property
    def layout(self) -> Layout:
        """The calibration in use."""
        ...

    @property
    def workspace(self) -> Workspace:
        """Where it is kept."""
        ...

    def use_calibration(self) -> None:
        """Read the workspace's calibration again and use it. Raises ``NmtError``, also while recording."""
        ...


class Readings:
    """What one sensor reads and what a scale shows, passed on to a machine; on one clock, whatever the glove does."""

    def __init__(self, live: CalibratedSource, sensor: str, scale: Scale | None = None) -> None:
        self._live, self._sensor, self._scale = live, sensor, scale
        self._mark = live.scans.since(0)[1]  # what came before is of no interest
        self._run: int | None = None
        self._offset_s, self._newest_s = 0.0, 0.0

    def pump(self, guided: Guided) -> str:
        """Pass on what has come since; what the person should know of it, in a sentence, or nothing."""
        found, self._mark = self._live.scans.since(self._mark)
        said = [sentence for taken in found if (sentence := self._take(guided, taken))]
        return next(iter([*said, self._weigh(guided)]), "")

    def close(self) -> None:
        """Let go of the scale."""
        if self._scale is not None:
            self._scale.close()
            self._scale = None

    def _take(self, guided: Guided, taken: Taken) -> str:
        info = taken.info
        if self._sensor not in info.sensor_names:
            return f"The glove that is there now has no sensor {self._sensor}."
        said = "" if self._run in (None, taken.run) else self._begin_anew(guided)
        first_s = float(taken.block.scan[0]) * info.period_s
        if self._run != taken.run:
            self._run, self._offset_s = taken.run, self._newest_s + info.period_s - first_s
        channel = info.sensor_names.index(self._sensor)
        time_s = np.multiply(taken.block.scan, info.period_s, dtype=np.float64) + self._offset_s
        guided.read(time_s, Divider.of(info, channel).reading_us(taken.block.counts[:, channel]))
        self._newest_s = float(time_s[-1])
        return said

    def _begin_anew(self, guided: Guided) -> str:
        guided.restart()
        return "The glove has begun anew, and so does this step; what was measured before it is kept."

    def _weigh(self, guided: Guided) -> str:
        if self._scale is None:
            return ""
        try:
            shown = self._scale.poll()
        except ScaleError as error:
            self.close()
            return f"{error} Type what it shows."
        if shown is not None and np.isfinite(shown):
            guided.refer(self._newest_s, shown)
        return ""
