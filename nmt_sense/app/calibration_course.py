"""One calibration or check from its first step to the profile in use; what of it takes a while runs in threads.

It outlives the window that shows it: closing that loses nothing, the steps that were taken wait to be gone on with.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from PyQt5.QtCore import QObject, pyqtSignal

from nmt_sense.app.calibration_begin import Wish
from nmt_sense.app.calibration_source import CalibratedSource, Readings
from nmt_sense.app.jobs import Job
from nmt_sense.errors import NmtError
from nmt_sense.sensing.calibration import About, calibrate, fingerprint
from nmt_sense.sensing.checking import Outcome
from nmt_sense.sensing.guided import Guided, Kind, Result
from nmt_sense.sensing.known_loads import KnownLoads
from nmt_sense.sensing.profile import Circuit, Profile
from nmt_sense.sensing.scale import Scale
from nmt_sense.sensing.shelf import assign, next_stem, put

FEWEST_POINTS = 5
"""Loads after which a first curve is drawn: all those going up."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it."""

    profile: Profile
    word: str
    """ok, rescaled or stale; of a calibration, as the two loads that it had not seen judged it."""
    words: str


class Course(QObject):
    """The machine, its readings, and the work behind it. Lives in the window's thread."""

    fitted = pyqtSignal()
    """There is another curve to draw."""
    judged = pyqtSignal()
    saved = pyqtSignal(str)
    """In use now; a sentence."""
    failed = pyqtSignal(str)

    def __init__(self, live: CalibratedSource, wish: Wish, scale: Scale | None, parent: QObject | None = None) -> None:
        """Raises :class:`NmtError` for a wish that cannot be."""
        super().__init__(parent)
        self._live, self.wish = live, wish
        self.machine = _machine(live, wish)
        self._old = live.layout.sensors.get(wish.sensor, live.layout.default_profile)
        self._scale = scale
        self._readings = Readings(live, wish.sensor, scale)
        self.curve: Profile | None = self.machine.profile if isinstance(self.machine, KnownLoads) else None
        self.verdict: Verdict | None = None
        self._fitting = Job("fitting the curve", self)
        self._wanted = self._busy = False
        self._fitting.finished.connect(self._fit_done)
        self._fitting.failed.connect(lambda _: self._fit_done(None))  # too little for a curve yet: the next load may do
        self._judging, self._saving = Job("judging the calibration", self), Job("saving the profile", self)
        self._judging.finished.connect(self._judge_done)
        self._judging.failed.connect(self.failed)
        self._saving.finished.connect(lambda sentence: self.saved.emit(str(sentence)))
        self._saving.failed.connect(self.failed)

    @property
    def live_scale(self) -> bool:
        """True when a scale is read live."""
        return self._scale is not None

    def pump(self) -> str:
        """Take what has come; what the person should know, or nothing."""
        if self.machine.step is None:
            return ""
        return self._readings.pump(self.machine)

    def rejoin(self) -> None:
        """Go on after a pause: what the sensor read meanwhile belongs to no step."""
        if self.machine.step is not None:
            self._readings = Readings(self._live, self.wish.sensor, self._scale)
            self.machine.restart()

    def accept(self, force_n: float | None) -> None:
        """The step is done. Raises :class:`NmtError` when something is missing."""
        self.machine.accept(force_n)
        self._changed()

    def back(self) -> None:
        """Take the last step back. Raises :class:`NmtError` when there is none."""
        self.machine.back()
        self.verdict = None
        self._changed()

    def save(self) -> None:
        """Keep the profile under a new name, tell ``glove.toml``, and use it at once."""
        assert self.verdict is not None
        self._saving.start(lambda _: self._save(self.verdict))

    def close(self) -> None:
        """Let go of the scale and wait for what runs."""
        self._readings.close()
        for job in (self._fitting, self._judging, self._saving):
            job.wait()

    def _changed(self) -> None:
        if self.machine.step is None:
            self._judge()
        elif not isinstance(self.machine, KnownLoads):
            self._fit()

    def _fit(self) -> None:
        """The curve of what there is so far, unless one is being made: then again afterwards."""
        loads = sum(kind is Kind.LOAD for kind, _, _ in self.machine.points)
        if self._busy or loads < FEWEST_POINTS:
            self._wanted = self._busy
            self.curve = self.curve if loads >= FEWEST_POINTS else None
            return
        data, about, circuit = (
            self.machine.taken(Kind.LOAD),
            _about(self._live, self.wish),
            circuit_of(self._live, self.wish.sensor),
        )
        self._busy = True
        self._fitting.start(lambda _: calibrate([data], about, circuit, lag_s=0.0).profile)

    def _fit_done(self, profile: object) -> None:
        self._busy = False
        if isinstance(profile, Profile) and self.verdict is None:
            self.curve = profile
            self.fitted.emit()
        if self._wanted:
            self._wanted = False
            self._changed()

    def _judge(self) -> None:
        machine, old, live = self.machine, self._old, self._live
        self._wanted = False
        work: Callable[[], Result | Outcome]
        if isinstance(machine, KnownLoads):
            path = live.workspace.calibration / f"{old}.toml"
            work = lambda: machine.verdict(fingerprint(path))  # noqa: E731
        else:
            work = machine.finish
        self._judging.start(lambda _: work())

    def _judge_done(self, found: object) -> None:
        if self.machine.step is not None:  # a step was taken back meanwhile
            return
        if isinstance(found, Result):
            self.verdict = Verdict(found.profile, found.outcome.check.verdict, found.words)
        elif isinstance(found, Outcome):
            self.verdict = Verdict(found.profile, found.check.verdict, found.words)
        if self.verdict is not None:
            self.curve = self.verdict.profile
            self.judged.emit()

    def _save(self, verdict: Verdict | None) -> str:
        assert verdict is not None
        if self._live.state.recording:
            raise NmtError("A recording is running: stop it, then save the calibration.")
        folder, sensor = self._live.workspace.calibration, self.wish.sensor
        day = verdict.profile.date
        stem = next_stem(self._old, verdict.profile.version) if self.wish.check else f"{sensor}-{day}"
        name = put(folder, stem, verdict.profile)
        try:
            assign(folder, sensor, name)
            self._live.use_calibration()
        except NmtError as error:
            raise NmtError(f"{name}.toml is saved. {error}") from error
        return f"{name}.toml is saved and in use for {sensor} from now on; glove.toml says so."


def _machine(live: CalibratedSource, wish: Wish) -> Guided:
    if wish.check:
        return KnownLoads(live.layout.profile(wish.sensor), wish.operator or None)
    return Guided(_about(live, wish), wish.top_n, circuit_of(live, wish.sensor))


def _about(live: CalibratedSource, wish: Wish) -> About:
    simulated = live.state.info is not None and live.state.info.simulated
    instrument = f"{wish.instrument or 'unknown'} (simulated glove)" if simulated else wish.instrument
    return About(wish.sensor, wish.operator or None, instrument or None)


def circuit_of(live: CalibratedSource, sensor: str) -> Circuit | None:
    """The divider of a sensor of the glove that is there, for its profile."""
    info = live.state.info
    ohm = next((one.divider_ohm for one in info.sensors if one.name == sensor), 0) if info else 0
    return Circuit(divider_ohm=ohm, supply_mv=info.reference_mv) if info and ohm else None


def today() -> datetime.date:
    """The day it is here."""
    return datetime.datetime.now().astimezone().date()
