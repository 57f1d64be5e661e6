"""Pictures of the window in each technique's phases: ``python -m tests.app.screenshots FOLDER [NAME...]``
(``kept``: those in docs/screenshots).

The coach, the window and all that is drawn are the real ones; force and reports come from a script, so that the same
picture comes again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_FONT_DPI", "96")
sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
from after_scenes import AFTER_SCENES, AfterStage
from PyQt5.QtCore import QCoreApplication, QEvent, QSettings
from PyQt5.QtWidgets import QDialog
from scripted import ScriptedLive

from nmt_sense.app.keys import Action
from nmt_sense.app.live_window import LiveWindow
from nmt_sense.app.main import make_application
from nmt_sense.app.sound import Sound
from nmt_sense.checks import Check, Outcome
from nmt_sense.coaching.feedback import plan_from
from nmt_sense.coaching.state import Advice
from nmt_sense.coaching.technique import Technique, list_techniques, load_technique
from nmt_sense.coaching.template import Pressed, make_template
from nmt_sense.coaching.words import Scale, Word
from nmt_sense.events import EventKind as Kind
from nmt_sense.sensing.layout import CALIBRATED
from nmt_sense.state import LinkPhase

SIZE = (1366, 768)
PAUSE_S = 0.4


class Stage:
    """A window whose glove follows a script."""

    def __init__(self, technique: str | Technique, record: bool = True) -> None:
        self.live = ScriptedLive()
        self.live.state = replace(self.live.state, calibration=CALIBRATED, calibration_trusted=True)
        self.live.run(load_technique(technique) if isinstance(technique, str) else technique)
        self.live.scales["T-1"] = Scale("T-1", "thumb", "checked", 0.05, WORDS)
        names = [(name, load_technique(name).title) for name in list_techniques()]
        self.window = LiveWindow(self.live, Sound(self.live.cues), lambda: ["sim://"], names, "P-014")
        self.window.resize(*SIZE)
        self.window.show()
        self.dialog: QDialog | None = None
        self._practised("")
        self._rng = np.random.default_rng(5)
        self.press(0.0, seconds=0.5)
        if record:
            self.window.act(Action.RECORD)

    def _practised(self, code: str) -> None:
        """Somebody practises whose words for pressure are known, or nobody."""
        self.window.session._settings.practitioner = code
        self.window.session._take_up()
        self.window._session_changed()

    def press(self, *newtons: float, seconds: float = 1.0) -> Stage:
        """Force in a line through these, with a hand's tremor."""
        points = max(2, round(seconds * 12))
        line = np.interp(
            np.linspace(0, 1, points), np.linspace(0, 1, max(2, len(newtons))), (newtons * 2)[: max(2, len(newtons))]
        )
        sway = 1 + 0.012 * self._rng.standard_normal(points)
        self.live.press(*(line * sway).tolist(), seconds=seconds)
        self.live.state = replace(self.live.state, recorded_s=self.live.state.time_s)
        return self

    def said(self, kind: Kind, value: float = float("nan")) -> Stage:
        """The client or the practitioner reports."""
        self.live.report(kind, value)
        return self

    def trial(self, newtons: float, rate: float = 5.0, rest_s: float = 31.0) -> Stage:
        """One trial of a threshold, reported and let go, with its rest."""
        self.press(0.0, newtons, seconds=newtons / rate).said(Kind.CLIENT_STOP)
        return self.press(newtons, 0.0, seconds=0.4).press(0.0, seconds=rest_s)

    def save(self, path: Path) -> None:
        """Draw all anew, keep the picture, and clear away."""
        window = self.window
        window.refresh()
        window._marks._told_ns = 0
        window.bar.sound.show_words("sound on", "S")
        window.bar.voice.show_words("voice on", "V")
        for _ in range(3):
            self.live.age(0.0) if self.live.state.phase is LinkPhase.STREAMING else None
            window._paced_ns = 0
            window.refresh()
            QCoreApplication.processEvents()
        (self.dialog or window).grab().save(str(path))
        self.live.state = replace(self.live.state, recording=False)
        window.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


WORDS = tuple(
    Word(name, (mean, mean * 1.1))
    for name, mean in (("very light", 3.0), ("light", 8.0), ("medium", 16.0), ("firm", 30.0), ("deep", 55.0))
)


def threshold_ramp() -> Stage:
    return Stage("trigger-point-threshold").trial(29.0).trial(33.0).press(0.0, 24.0, seconds=4.6)


def threshold_fast() -> Stage:
    return Stage("trigger-point-threshold").trial(29.0).press(0.0, 27.0, seconds=2.6)


def threshold_rest() -> Stage:
    return Stage("trigger-point-threshold").trial(29.0).trial(33.0, rest_s=7.0)


def threshold_found() -> Stage:
    return Stage("trigger-point-threshold").trial(29.0).trial(33.0).trial(34.5, rest_s=2.0)


def release_barrier() -> Stage:
    stage = Stage("trigger-point-release").press(0.0, 15.0, seconds=3.0).press(15.0, seconds=9.0)
    return stage.said(Kind.BARRIER).press(15.0, 18.0, seconds=1.5).press(18.0, seconds=5.0)


def compression() -> Stage:
    stage = Stage("ischemic-compression").press(0.0, 32.0, seconds=2.0).press(32.0, seconds=4.0)
    stage.said(Kind.NRS, 6.0).press(32.0, 31.0, seconds=9.0).said(Kind.NRS, 4.0)
    return stage.press(31.0, seconds=3.0)


def percent_measuring() -> Stage:
    stage = Stage("ischemic-compression-percent").press(0.0, 28.0, seconds=5.6).said(Kind.THRESHOLD)
    return stage.press(28.0, 38.0, seconds=2.0)


def percent_holding() -> Stage:
    """Threshold 28 N, tolerance 44 N: the band is 36 N and 10 % around it."""
    stage = percent_measuring().press(38.0, 44.0, seconds=1.2).said(Kind.TOLERANCE)
    stage.press(44.0, 0.0, seconds=0.5).press(0.0, seconds=31.0).press(0.0, 36.0, seconds=3.6)
    return stage.press(36.0, seconds=14.0)


def led_searching() -> Stage:
    return Stage("ischemic-compression-patient-led").press(0.0, 22.0, seconds=5.0)


def led_holding() -> Stage:
    stage = Stage("ischemic-compression-patient-led").press(0.0, 24.0, seconds=5.0).said(Kind.NRS, 7.0)
    return stage.press(24.0, seconds=8.0).said(Kind.NRS, 5.0).press(24.0, seconds=4.0)


def increments() -> Stage:
    stage = Stage("ischemic-compression-increments").press(0.0, 20.0, seconds=4.0).said(Kind.NRS, 5.0)
    stage.press(20.0, seconds=12.0).said(Kind.EASED).press(20.0, 26.0, seconds=2.0).said(Kind.NRS, 6.0)
    return stage.press(26.0, seconds=4.0)


def stopped() -> Stage:
    stage = Stage("ischemic-compression").press(0.0, 32.0, seconds=2.0).press(32.0, seconds=6.0)
    return stage.said(Kind.NRS, 5.0).press(32.0, seconds=2.0).said(Kind.CLIENT_STOP).press(32.0, 20.0, seconds=0.4)


def myofascial() -> Stage:
    stage = Stage("myofascial-release").press(0.0, 14.0, seconds=5.0).press(14.0, seconds=40.0)
    return stage.said(Kind.BARRIER).press(14.0, 17.0, seconds=2.0).press(17.0, seconds=12.0)


def relaxation(until: str) -> Stage:
    stage = Stage("post-isometric-relaxation")
    if until == "maximum":
        return stage.press(0.0, 84.0, seconds=2.0)
    stage.press(0.0, 84.0, seconds=1.5).press(84.0, seconds=1.5).press(84.0, 0.0, seconds=0.5).press(0.0, seconds=2.0)
    stage.press(0.0, 12.0, seconds=1.0)
    if until == "contract":
        return stage.press(12.0, seconds=4.0)
    stage.press(12.0, seconds=7.5).press(12.0, 0.0, seconds=0.6)
    return stage.press(0.0, seconds={"relax": 1.5, "stretch": 14.0}[until])


def strokes() -> Stage:
    stage = Stage("neuromuscular-strokes")
    for peak in (8.5, 9.0, 13.2, 8.8):
        stage.press(0.0, peak, peak, 0.0, seconds=1.1).press(0.0, seconds=0.5)
    return stage.press(0.0, 7.0, 8.4, seconds=0.7)


def strokes_done() -> Stage:
    stage = Stage("neuromuscular-strokes")
    for peak in (8.5, 9.0, 13.2, 8.8, 9.4, 8.1, 10.2, 9.0):
        stage.press(0.0, peak, peak, 0.0, seconds=1.1).press(0.0, seconds=0.5)
    return stage


def expert() -> Technique:
    """A hold whose force swells twice."""
    technique = load_technique("ischemic-compression")
    first = Stage("ischemic-compression", record=False).press(0.0, 32.0, seconds=2.0).press(32.0, seconds=3.0)
    first.press(32.0, 0.0, seconds=0.5).press(0.0, seconds=1.0)
    hold, time_s = first.live.state.holds[0], np.arange(0.0, 14.0, 0.05)
    first.live.state = replace(first.live.state, recording=False)
    first.window.close()
    first.window.deleteLater()
    force = 26.0 * np.minimum(1.0, time_s / 2.5) * np.minimum(1.0, (14.0 - time_s) / 2.0) + 6.0 * np.sin(time_s)
    pressed = Pressed(hold, np.maximum(0.5, force).tolist(), 26.0, 13.0)
    return make_template([pressed], technique, name="expert", made_from="the teacher's hold", tolerance_n=4.0)


def follow() -> Stage:
    technique = expert()
    target, stage = np.array(technique.phases[0].target_n), Stage(technique)  # type: ignore[union-attr]
    stage.press(0.0, 4.0, seconds=0.3)
    for k in range(0, 160, 4):
        stage.press(target[k] + 1.2, target[k + 4] + 1.2, seconds=0.2)
    return stage


def blinded() -> Stage:
    technique = load_technique("ischemic-compression").with_feedback(plan_from("terminal"))
    stage = Stage(technique).press(0.0, 32.0, seconds=2.0).press(32.0, seconds=4.0)
    return stage.said(Kind.NRS, 4.0).press(32.0, seconds=2.0)


def alarm() -> Stage:
    stage = Stage(load_technique("ischemic-compression").with_safety(force_ceiling_n=40.0))
    return stage.press(0.0, 32.0, seconds=2.0).press(32.0, seconds=4.0).press(32.0, 43.0, seconds=0.8)


def words() -> Stage:
    stage = Stage("pressure-words")
    return stage.press(0.0, 20.0, seconds=0.8).press(20.0, seconds=2.0).press(20.0, 0.0, seconds=0.4).press(0.0)


def named() -> Stage:
    stage = compression()
    stage._practised("T-1")
    return stage


def asked(action: Action) -> Stage:
    """A dialog; the picture is of that."""
    stage = Stage("ischemic-compression", record=False)
    stage.window.act(action)
    (stage.dialog,) = stage.window.findChildren(QDialog)
    return stage


def session_light() -> Stage:
    """The dialog of a session with a schedule that takes an amount, in the light appearance."""
    stage = themed(Stage("ischemic-compression", record=False))
    stage.live.set_feedback(plan_from("bandwidth:4"))
    stage.window.act(Action.SESSION)
    (stage.dialog,) = stage.window.findChildren(QDialog)
    return stage


def far() -> Stage:
    stage = threshold_ramp()
    stage.window.act(Action.DISTANCE)
    return stage


def light() -> Stage:
    stage = led_holding()
    stage.window.act(Action.THEME)
    return stage


def pressing(*newtons: float, hold_s: float = 10.0) -> Stage:
    technique = load_technique("ischemic-compression").with_target(hold_s=hold_s)
    stage = Stage(technique).press(0.0, 32.0, seconds=1.2).press(32.0, seconds=6.5).press(32.0, 0.0, seconds=0.5)
    stage.press(0.0, seconds=2.0).press(0.0, 33.0, seconds=1.5).press(33.0, seconds=3.0)
    return stage.press(33.0, *newtons, seconds=1.0) if newtons else stage


def gaps() -> Stage:
    stage = pressing()
    for _ in range(3):
        stage.live.skip(0.4)
        stage.press(33.0, seconds=0.7)
    return stage


def frozen() -> Stage:
    stage = pressing()
    for _ in range(2):
        stage.window.refresh()  # what was drawn last stays, hatched
    waiting = replace(stage.live.state.progress, advice=Advice.WAIT)
    told = "The glove was unplugged; plug it in again."
    stage.live.state = replace(
        stage.live.state, phase=LinkPhase.LOST, problem=told, progress=waiting, frozen="cable out", frozen_s=12.0
    )
    return stage


def before() -> Stage:
    stage = Stage("ischemic-compression", record=False)
    stage.live.state = replace(stage.live.state, checks=CHECKS)
    stage.window.act(Action.FACTS)
    return stage


def themed(stage: Stage) -> Stage:
    stage.window.act(Action.THEME)
    return stage


def from_afar(stage: Stage) -> Stage:
    stage.window.act(Action.DISTANCE)
    return stage


CHECKS = (
    Check("answers", Outcome.DOUBTFUL, "Not heard from yet: index, middle; press each once."),
    Check("calibration", Outcome.READY, "The sensors are calibrated."),
    Check("sensors", Outcome.READY, "No sensor is stuck or at the end of its range."),
    Check("zero", Outcome.READY, "At rest every sensor shows less than 0.5 N."),
    Check("rate", Outcome.READY, "250 scans a second, as they should be."),
    Check("link", Outcome.READY, "Everything arrives."),
    Check("disk", Outcome.READY, "The disk has room for more than a day of recording."),
    Check("battery", Outcome.READY, "On mains, or no battery."),
)

SCENES: dict[str, Callable[[], Stage | AfterStage]] = {
    **AFTER_SCENES,
    "threshold": threshold_ramp,
    "threshold-fast": threshold_fast,
    "threshold-rest": threshold_rest,
    "threshold-found": threshold_found,
    "release": release_barrier,
    "compression": compression,
    "percent-measuring": percent_measuring,
    "percent-holding": percent_holding,
    "led-searching": led_searching,
    "led-holding": led_holding,
    "increments": increments,
    "stopped": stopped,
    "myofascial": myofascial,
    "relaxation-maximum": lambda: relaxation("maximum"),
    "relaxation-contract": lambda: relaxation("contract"),
    "relaxation-relax": lambda: relaxation("relax"),
    "relaxation-stretch": lambda: relaxation("stretch"),
    "strokes": strokes,
    "strokes-done": strokes_done,
    "follow": follow,
    "blinded": blinded,
    "alarm": alarm,
    "words": words,
    "named": named,
    "session": lambda: asked(Action.SESSION),
    "session-light": session_light,
    "keys": lambda: asked(Action.KEYS),
    "far": far,
    "light": light,
    "live-hold": pressing,
    "live-low": lambda: pressing(22.0, 22.0),
    "live-high-light": lambda: themed(pressing(44.0, 44.0)),
    "distance": lambda: from_afar(pressing()),
    "gaps": gaps,
    "frozen": frozen,
    "before": before,
}
KEPT = (
    "threshold",
    "led-holding",
    "relaxation-contract",
    "strokes",
    "follow",
    "blinded",
    "alarm",
    "live-hold",
    "live-low",
    "live-high-light",
    "distance",
    "gaps",
    "frozen",
    "before",
    "after-expert",
    "after-words",
    "after-hands",
)
"""Those in docs/screenshots."""


def main(folder: Path, names: list[str]) -> None:
    """Save the named scenes, or all."""
    application = make_application()
    application.setProperty("system_dark", True)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as settings:
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, settings)
        for name in KEPT if names == ["kept"] else names or SCENES:
            SCENES[name]().save(folder / f"{name}.png")
            sys.stdout.write(f"{folder / name}.png\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
