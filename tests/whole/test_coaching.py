"""Coaching through the whole pipeline: reports, the glove's own LED and buzzer, and the commands."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from lines import GloveOnLine, wait_for

from nmt_sense.coaching.rendering import recorded_cues, render
from nmt_sense.coaching.state import CueKind, HoldState
from nmt_sense.coaching.technique import Technique, find_technique, load_technique
from nmt_sense.coaching.words import exercise
from nmt_sense.derivation import derive
from nmt_sense.events import EventKind
from nmt_sense.glove.practitioner import Practice
from nmt_sense.glove.virtual import Script
from nmt_sense.glove.wire import Command, CuePattern, Decoder, Kind
from nmt_sense.live import Live
from nmt_sense.session.integrity import verify
from nmt_sense.session.recording import open_recording
from nmt_sense.setup import default_setup
from nmt_sense.workspace import Workspace

Start = Callable[..., Live]


def run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nmt_sense", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def one_line(text: str) -> str:
    """Without the breaks that make it fit a terminal."""
    return " ".join(text.split())


def good(*words: object) -> str:
    done = run(*words)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


# -- reports -------------------------------------------------------------------------------------------------------


def test_pain_above_the_ceiling_ends_the_hold_live_and_in_the_file(running: Start, tmp_path: Path) -> None:
    live = running("sim://?seed=2&speed=4&lapse=0")
    live.start_recording("P-001", path=tmp_path / "a.h5")
    wait_for(lambda: live.state.progress.state is HoldState.IN_BAND)
    live.report(EventKind.NRS, 3.0)
    live.report(EventKind.NRS, 9.0)
    wait_for(lambda: len(live.state.holds) == 1)
    assert live.state.situation is not None
    assert live.state.situation.say == "Let go."
    assert live.state.holds[0].end.value == "pain_ceiling"
    wait_for(lambda: live.state.progress.advice.value == "READY")
    saved = live.stop_recording()
    assert saved is not None
    with open_recording(saved) as recording:
        hold = recording.holds[0]
        assert (hold.end.value, hold.pain_first, hold.pain_last) == ("pain_ceiling", 3.0, 9.0)
        assert hold.let_go_s > 0
        assert [event.value for event in recording.events if event.kind is EventKind.NRS] == [3.0, 9.0]
    report = verify(saved, derive)
    assert (report.verdict, report.derived) == ("intact", "same")


def test_a_mark_taken_back_is_kept_as_such(running: Start, tmp_path: Path) -> None:
    live = running("sim://?seed=2")
    live.start_recording("P-001", path=tmp_path / "a.h5")
    wait_for(lambda: live.state.recorded_s > 0.2)
    live.report(EventKind.NRS, 4.0)
    live.mark("key")
    live.undo()
    live.undo()
    live.undo()
    wait_for(lambda: live.state.recorded_s > 0.6)
    saved = live.stop_recording()
    assert saved is not None
    with open_recording(saved) as recording:
        marks = {event.kind: event.time_s for event in recording.events if event.kind is not EventKind.UNDO}
        undone = [event for event in recording.events if event.kind is EventKind.UNDO]
    assert [event.text for event in undone] == ["marker", "nrs", ""]
    assert undone[0].value == marks[EventKind.MARKER]
    assert undone[1].value == marks[EventKind.NRS]


def test_the_clients_stop_keeps_its_latency(running: Start, tmp_path: Path) -> None:
    live = running("sim://?seed=2&client_stop=5")
    live.start_recording("P-001", path=tmp_path / "a.h5")
    wait_for(lambda: bool(live.state.holds), 20)
    saved = live.stop_recording()
    assert saved is not None
    with open_recording(saved) as recording:
        (stop,) = [event for event in recording.events if event.kind is EventKind.CLIENT_STOP]
        hold = recording.holds[0]
        assert hold.stop_latency_s == stop.value
        # it ends with the newest scan when the stop took effect: so much after the button, on the glove's axis
        assert 0.0 <= stop.time_s - hold.end_s <= recording.header.period_s
        cues = [event for event in recording.events if event.kind is EventKind.CUE]
        (told, *_) = [cue.time_s for cue in cues if cue.text == "let_go"]
        assert abs(told - stop.time_s) <= recording.header.period_s  # heard at once
    assert 0.0 <= stop.value < 1.0
    assert verify(saved, derive).derived == "same"


def test_led_and_buzzer_on_the_glove_obey_the_cues_and_are_quiet_when_these_are(workspace: Workspace) -> None:
    heard: list[CuePattern] = []
    decoder = Decoder()
    script = Script(seed=4, practice=Practice(force_n=20.0, first_s=0.3, load_s=0.5, lapse_every=0))
    with GloveOnLine(script) as glove:
        receive = glove._source.receive

        def listen(sent: bytes, elapsed_s: float | None = None) -> None:
            commands = [message for message in decoder.feed(sent) if isinstance(message, Command)]
            heard.extend(CuePattern(command.fields[0]) for command in commands if command.kind == Kind.CUE)
            receive(sent, elapsed_s)

        glove._source.receive = listen  # type: ignore[method-assign]
        setup = default_setup(workspace, glove.port)
        live = Live(replace(setup, technique=setup.technique.with_target(low_n=8, high_n=12, hold_s=1)), workspace)
        live.start()
        try:
            wait_for(lambda: CuePattern.OFF in heard, 20)
        finally:
            live.close()
    assert CuePattern.TOO_MUCH in heard[: heard.index(CuePattern.OFF)]


SITTINGS = [
    (45, "ischemic-compression", "P-001", "T-1", "lapse=0"),
    (40, "trigger-point-threshold", "P-002", "T-1", "lapse=0&client_stop=2.6,12.6,22.9"),
    (40, "trigger-point-threshold", "P-002", "T-2", "lapse=0&client_stop=2.5,12.5,22.8"),
]
"""Presses begin at 1.5, about 11.5 and about 21.7 s, and take 1.6 s to reach 32 N: reported on the way."""


# -- files ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sitting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with three recordings: ischemic compression of P-001, and two thresholds of P-002."""
    root = tmp_path_factory.mktemp("workspace")
    recordings = root / "recordings"
    for number, (seconds, technique, participant, operator, options) in enumerate(SITTINGS):
        port = f"sim://?seed=4&speed=max&{options}"
        good("record", "--port", port, "--seconds", seconds, "--technique", technique, "--participant", participant,
             "--operator", operator, "--json", "--workspace", root,
             "--out", recordings / f"{'abc'[number]}.h5")  # fmt: skip
    return root


def test_holds_prints_scores_and_json_has_every_number(sitting: Path) -> None:
    printed = good("holds", "a.h5", "--workspace", sitting)
    assert "Scores: 100 minus the deductions" in printed
    assert "95 % band of peak, sag and N/s: ± 53 to 54 % of each" in printed
    assert "95 % band of N·s: ± 54 % of each; of RMSE and CE: as the mean force, in N" in printed
    assert "Scores are of the force shown: ± 17 N against a band of 8 N." in printed
    assert "Holds – nominal, uncalibrated, simulated" in printed
    assert re.search("95 % band of .*reported N and N/s: ± ", good("holds", "b.h5", "--workspace", sitting))
    assert max(map(len, printed.splitlines())) <= 80
    listed = json.loads(good("holds", "a.h5", "--workspace", sitting, "--json"))
    for hold in [hold for hold in listed if hold["end"] != "recording_ended"]:
        parts = [hold[f"off_{name}"] for name in ("time", "rmse", "sag", "ramp", "overshoot", "lapses")]
        assert hold["score"] == pytest.approx(100 - sum(parts))
        assert hold["rmse_n"] ** 2 == pytest.approx(hold["ce_n"] ** 2 + hold["ve_n"] ** 2)
        assert hold["uncertainty"]["mean_n"] == hold["mean_uncertainty_n"]
        assert hold["simulated"]
    with open_recording(sitting / "recordings" / "a.h5") as recording:
        force, half = recording.contact_n, recording.contact_uncertainty_n
    for hold in listed:
        (at, *_) = np.flatnonzero(force == np.float32(hold["peak_n"]))
        assert hold["uncertainty"]["peak_n"] == hold["peak_uncertainty_n"] == half[at]


def test_a_reported_force_has_the_band_of_its_own_scan_in_the_file(sitting: Path) -> None:
    with open_recording(sitting / "recordings" / "b.h5") as recording:
        force, half, trials = recording.contact_n, recording.contact_uncertainty_n, recording.holds
    reported = [trial for trial in trials if not np.isnan(trial.report_n)]
    assert reported
    for trial in reported:
        (at, *_) = np.flatnonzero(force == np.float32(trial.report_n))
        assert trial.report_uncertainty_n == half[at]


def test_the_cues_of_a_recording_become_a_wav_file(sitting: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.wav"
    assert "cues in 45.0 s" in good("sound", "a.h5", "--workspace", sitting, "--out", out)
    with wave.open(str(out)) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(46.0)
    again = run("sound", "a.h5", "--workspace", sitting, "--out", out)
    assert (again.returncode, "never overwritten" in again.stderr) == (2, True)


@pytest.mark.parametrize("technique", ["trigger-point-threshold", "neuromuscular-strokes", "ischemic-compression"])
def test_what_a_wav_file_has_is_what_was_given_live(running: Start, tmp_path: Path, technique: str) -> None:
    live = running("sim://?seed=2&speed=8&lapse=2&hold=3&force=25")
    live.set_technique(technique)
    while not live.cues.empty():
        live.cues.get_nowait()
    live.start_recording("P-001", path=tmp_path / "a.h5")
    wait_for(lambda: live.state.recorded_s > 25, 20)
    saved = live.stop_recording()
    assert saved is not None
    given = [live.cues.get_nowait() for _ in range(live.cues.qsize())]
    with open_recording(saved) as recording:
        kept = recorded_cues(recording.events, Technique.from_toml(recording.header.technique_toml))
    first = kept[0].cue
    same = [
        at for at, cue in enumerate(given) if (cue.time_s, cue.kind, cue.text) == (first.time_s, first.kind, first.text)
    ]
    given = given[same[-1] :]  # what was given before the recording began counted from its own first scan
    late = given[len(kept) :]  # given after the recording had ended
    pulses = [cue for cue in given if cue.kind in (CueKind.TOO_LITTLE, CueKind.TOO_MUCH)]
    assert len({cue.strength for cue in pulses}) > 1
    assert late == [] or late[0].time_s >= kept[-1].cue.time_s
    seconds = kept[-1].cue.time_s + 1
    live_sound = render(given[: len(kept)], seconds)
    np.testing.assert_array_equal(render([one.cue for one in kept], seconds), live_sound)


def test_a_template_is_made_followed_and_scored(sitting: Path) -> None:
    good("template", "a.h5", "--hold", 2, "--name", "expert", "--workspace", sitting)
    assert "expert" in good("techniques", "--workspace", sitting)
    assert "tolerance_n = 4: set when the template was made" in good("techniques", "expert", "--workspace", sitting)
    out = sitting / "followed.h5"
    good("record", "--port", "sim://?seed=4&speed=max&lapse=0", "--seconds", 25, "--technique", "expert",
         "--out", out, "--workspace", sitting, "--json")  # fmt: skip
    with open_recording(out) as recording:
        assert {hold.kind.value for hold in recording.holds} == {"follow"}
        assert all(hold.score > 50 for hold in recording.holds if hold.end.value == "completed")
    assert verify(out, derive).derived == "same"
    refused = run("template", "a.h5", "--hold", 99, "--name", "other", "--workspace", sitting)
    assert (refused.returncode, "has no hold 99" in refused.stderr) == (2, True)


def presses(on: np.ndarray, period_s: float) -> int:
    """Stretches of 0.3 s or longer, shorter dips filled; a plain count over the whole recording."""
    turns = np.flatnonzero(np.diff(np.concatenate(([0], on.astype(int), [0]))))
    begins, ends = turns[::2] * period_s, turns[1::2] * period_s
    apart = np.flatnonzero(begins[1:] - ends[:-1] >= 0.3)
    lasted = ends[[*apart, len(ends) - 1]] - begins[[0, *(apart + 1)]]
    return int(np.count_nonzero(lasted >= 0.3))


def test_ones_own_hands_against_a_budget(sitting: Path) -> None:
    left = good("hands", "--day", "all", "--workspace", sitting)
    assert "as no hand pressed: recordings of a virtual glove" in left
    assert "N·s" not in left
    counted = ("hands", "--day", "all", "--simulated", "--workspace", sitting)
    printed = good(*counted, "--budget", "thumb=100")
    assert "The budget of thumb is used up" in printed
    assert "no medical limit is known" in printed
    found = json.loads(good(*counted, "--json"))
    (thumb,) = [day for day in found["days"] if day["sensor"] == "thumb"]
    expected, holds = 0.0, 0
    for path in (sitting / "recordings").glob("*.h5"):
        with open_recording(path) as recording:
            force = recording.newtons[:, recording.header.sensors.index("thumb")].astype(np.float64)
            expected += force[force >= 1.0].sum() * recording.header.period_s
            holds += presses(force >= 1.0, recording.header.period_s)
    assert (thumb["impulse_ns"], thumb["holds"]) == (pytest.approx(expected, rel=1e-6), holds)
    assert thumb["budget_ns"] == 100.0
    assert "No recording has" not in run(*counted, "--operator", "T-9").stderr  # somebody else's has
    theirs = good(*counted, "--operator", "T-2")
    assert re.search(r" N·s +peak N +holds +pressing s +of budget *\n", theirs)
    assert re.search(r"\n thumb +\d+ ± \d+ +\d+ ± \d+ +\d+ +\d+ +\d+ % of 100 *\n", theirs)
    assert f"Counted: 1 recording in {sitting / 'recordings'}" in one_line(theirs)
    assert max(len(line) for line in printed.splitlines() if str(sitting) not in line) <= 80
    good("hands", "--budget", "thumb=0", "--workspace", sitting)
    assert "Nothing was pressed on 2001-01-01." in good("hands", "--day", "2001-01-01", "--workspace", sitting)
    for wrong in ("thumb", "thumb=much", "=5", "thumb=-1", "thumb=nan"):
        assert run("hands", "--budget", wrong, "--workspace", sitting).returncode == 2
    assert "takes a date" in run("hands", "--day", "yesterday", "--workspace", sitting).stderr
    misspelt = run("hands", "--budget", "thmub=5", "--workspace", sitting)
    assert (misspelt.returncode, "No recording has a sensor thmub; there are " in misspelt.stderr) == (2, True)
    assert "thmub" not in good("hands", "--workspace", sitting)


def test_thresholds_are_listed_and_a_small_change_is_none(sitting: Path) -> None:
    whole = good("thresholds", "c.h5", "a.h5", "b.h5", "--workspace", sitting)
    assert max(len(line) for line in whole.splitlines() if str(sitting) not in line) <= 80
    printed = one_line(whole)
    assert "no threshold was measured" in printed
    assert "loading rate out of limits in 2 of 2" in printed
    assert "rest too short before 2 of 2" in printed  # ten seconds, where half a minute is asked for
    found = json.loads(good("thresholds", "c.h5", "b.h5", "--workspace", sitting, "--json"))
    first, second = (one["measured"]["threshold"] for one in found)
    assert (first["trials"], first["discarded"], first["applied_by"]) == (2, 1, "practitioner")
    assert found[0]["change"] is None
    moved = found[1]["change"]
    assert moved["newtons"] == pytest.approx(second["mean_n"] - first["mean_n"])
    share = max(one["uncertainty_n"] / one["mean_n"] for one in (first, second))
    assert moved["uncertainty_n"] == pytest.approx(share * abs(moved["newtons"]))
    assert moved["least_n"] == pytest.approx(17.4 / (1 - share))  # T-1 and T-2
    assert [one["measured"]["circumstances"]["operator"] for one in found] == ["T-1", "T-2"]
    assert moved["word"] == "no verdict"
    assert "no verdict: sensors were not calibrated; the loading rate was out of limits in 2 of 2 and 2 of 2" in printed
    assert "the rest was too short before 2 of 2 and 2 of 2 trials" in printed
    assert "applied by practitioner T-2" in printed
    assert "forces are nominal, uncalibrated, simulated" in printed


def test_two_spots_in_one_recording_are_two_thresholds_and_compared_with_nothing(
    running: Start, sitting: Path, tmp_path: Path
) -> None:
    """N after the end begins anew; the second course is left when one trial counts."""
    live = running("sim://?seed=4&lapse=0&speed=6&hold=3&force=32&client_stop=2.5,9.3,15.9,23.2,30.3")
    live.set_technique("trigger-point-threshold")
    live.start_recording("P-002", "T-1", tmp_path / "two.h5")
    wait_for(lambda: live.state.situation is not None and live.state.situation.finished, 20)
    live.report(EventKind.NEXT)
    wait_for(lambda: [row.course for row in live.state.totals.trials if row.end == "reported"] == [1, 1, 1, 2, 2], 20)
    saved = live.stop_recording()
    assert saved is not None
    assert verify(saved, derive).derived == "same"
    files = (sitting / "recordings" / "b.h5", saved, "--json")
    rested, first, second = json.loads(good("thresholds", *files))
    assert [one["measured"]["courses"] for one in (rested, first, second)] == [1, 2, 2]
    assert [one["measured"]["threshold"]["trials"] for one in (first, second)] == [2, 1]
    assert [one["change"] for one in (rested, first, second)] == [None] * 3
    printed = one_line(good("thresholds", *files[:2]))
    assert re.search("course 1 of 2 .*, 2 trials, .*course 2 of 2 .*, 1 trial, ", printed)
    assert "1 of the 2 trials that are asked for: not to be compared with a whole sitting" in printed
    assert printed.endswith("each course may be of another spot. Record each spot by itself.")
    assert re.search("Trials of course 1.*Trials of course 2", one_line(good("holds", saved)))


@pytest.mark.parametrize("code", ["", "anon", "Anon", "unnamed"])
def test_unnamed_recordings_are_nobodys_and_get_no_change(sitting: Path, tmp_path: Path, code: str) -> None:
    """Nor are those under what the program writes in place of a code: two of them may be of two people."""
    named = [sitting / "recordings" / name for name in ("b.h5", "c.h5")]
    unnamed = [tmp_path / path.name for path in named]
    for path, copy in zip(named, unnamed, strict=True):
        copy.write_bytes(path.read_bytes())
        with h5py.File(copy, "r+") as file:
            file.attrs["participant"] = code
    printed = one_line(good("thresholds", *unnamed))
    assert re.search(r" change [+-]", printed) is None
    assert "Unnamed recordings are not compared" in printed
    assert [one["change"] for one in json.loads(good("thresholds", *unnamed, "--json"))] == [None, None]
    of_one = one_line(good("thresholds", *named))
    assert "Unnamed" not in of_one
    assert re.search(r" change [+-]", of_one)


def test_rate_limits_for_another_tip_than_the_declared_one_are_told(sitting: Path, tmp_path: Path) -> None:
    declared = tmp_path / "b.h5"
    declared.write_bytes((sitting / "recordings" / "b.h5").read_bytes())
    said = "limits of the loading rate are for 1 cm², not for 3 cm²"
    assert said not in one_line(good("thresholds", declared))
    with h5py.File(declared, "r+") as file:
        contact, text = file["force/contact_n"].attrs["contact"], file["calibration"][()].decode()
        file["calibration"][()] = f'{text}\n[contact_areas.{contact}]\ncm2 = 3.0\nmethod = "ink"\n'
    assert said in one_line(good("thresholds", declared))
    (found,) = json.loads(good("thresholds", declared, "--json"))
    assert found["measured"]["other_tip"] == said


def test_a_calibrated_sensor_and_an_even_rate_get_a_verdict(sitting: Path, tmp_path: Path) -> None:
    """A technique of one's own without limits for the rate or a rest: the virtual hand presses fast, and soon again."""
    calibration, techniques = tmp_path / "calibration", tmp_path / "techniques"
    calibration.mkdir()
    techniques.mkdir()
    shipped = Path(__file__).parents[2] / "calibration"
    nominal = (shipped / "nominal-fsr.toml").read_text()
    (calibration / "nominal-fsr.toml").write_text(nominal.replace('"nominal, uncalibrated"', '"calibrated"'))
    area = '[contact_areas.thumb]\ncm2 = 2.0\nmethod = "ink"\n'
    (calibration / "glove.toml").write_text((shipped / "glove.toml").read_text() + area)
    text = find_technique("trigger-point-threshold").read_text()
    lines = [line for line in text.splitlines() if "_n_per_s = " not in line and not line.startswith("rest_s = ")]
    own = "\n".join(lines).replace('name = "trigger-point-threshold"', 'name = "own"')
    (techniques / "own.toml").write_text(own)
    for name, options in (("a", "force=15&client_stop=2.6,12.6,22.9"), ("b", "force=70&client_stop=3.0,13.0,23.3")):
        good("record", "--port", f"sim://?seed=4&speed=max&lapse=0&{options}", "--seconds", 40, "--technique", "own",
             "--participant", "P-003", "--operator", "T-1", "--out", tmp_path / f"{name}.h5", "--workspace", tmp_path,
             "--json")  # fmt: skip
    found = json.loads(good("thresholds", tmp_path / "a.h5", tmp_path / "b.h5", "--json"))
    first, second = (one["measured"]["threshold"] for one in found)
    moved = found[1]["change"]
    share = max(one["uncertainty_n"] / one["mean_n"] for one in (first, second))
    assert first["least_change_n"] >= 12.2  # twice 6.1 N on twice the area
    assert moved["least_n"] == pytest.approx(max(first["least_change_n"], second["least_change_n"]) / (1 - share))
    assert moved["word"] == ("higher" if moved["newtons"] > moved["least_n"] else "no real change")
    printed = one_line(good("thresholds", tmp_path / "a.h5", tmp_path / "b.h5"))
    assert "smallest real change: 12.2 N beyond the calibration's band of the change" in printed
    assert "applied by practitioner T-1 on 2 cm²" in printed
    assert "for the scale of one calibration" in printed


def test_trials_without_their_rest_are_flagged_among_the_holds(sitting: Path) -> None:
    printed = good("holds", "b.h5", "--workspace", sitting)
    assert max(map(len, printed.splitlines())) <= 80
    assert printed.count("SHORT") == 2
    listed = json.loads(good("holds", "b.h5", "--workspace", sitting, "--json"))
    assert [row["rest_short"] for row in listed] == [False, True, True]


def test_words_that_rise_are_learned_from_an_exercise_and_compared_and_others_are_refused(sitting: Path) -> None:
    assert len(good("words", "order", "--names", "soft,hard").splitlines()) == 8
    out = sitting / "words.h5"
    good("record", "--port", "sim://?seed=9&speed=max&hold=3&lapse=0", "--seconds", 57, "--technique", "pressure-words",
         "--out", out, "--workspace", sitting, "--json")  # fmt: skip
    with open_recording(out) as recording:
        assert len(recording.holds) == 8
        assert {hold.feedback for hold in recording.holds} == {"none, off"}
        sounded = [event.text for event in recording.events if event.kind is EventKind.CUE]
        assert sounded == ["say: Press as the word says, for about three seconds."]
    wrong = run("words", "learn", out, "--practitioner", "T-01", "--workspace", sitting)
    assert (wrong.returncode, "asks for 20 presses, but there are 8" in wrong.stderr) == (2, True)
    names = ("soft", "hard")
    learn = ("words", "learn", out, "--practitioner", "T-01", "--names", ",".join(names), "--workspace", sitting)
    other = next(seed for seed in range(50) if exercise(names, seed=seed)[0] != exercise(names)[0])
    tried = [run(*learn, "--seed", seed) for seed in (0, other)]  # each press is the other word of the two
    (kept_one,) = (done for done in tried if done.returncode == 0)
    (refused,) = (done for done in tried if done is not kept_one)
    assert refused.returncode == 2
    assert re.fullmatch(
        r"nmt-sense: No scale was kept, for “hard” \(\d+\.\d N\) was pressed no harder than “soft” .*\n",
        refused.stderr,
    )
    assert [path.name for path in (sitting / "words").iterdir()] == ["T-01.toml"]
    assert "the median of its middle three fifths" in one_line(kept_one.stdout)
    shown = good("words", "show", "T-01", "--workspace", sitting)
    assert re.search(rf"{names[1]} +\d+\.\d ± \d+ +\d+\.\d +4 *\n", shown)
    kept = json.loads(good("words", "show", "T-01", "--workspace", sitting, "--json"))["words"]
    share = kept[0]["uncertainty_n"] / kept[0]["mean_n"]
    assert share == pytest.approx(0.53, abs=0.02)
    compared = json.loads(good("words", "compare", "T-01", "T-01", "--workspace", sitting, "--json"))
    assert [(one["name"], one["percent"]) for one in compared] == [(name, 0) for name in names]
    assert compared[0]["one_uncertainty_n"] == pytest.approx(share * compared[0]["one_n"])
    beside = good("words", "compare", "T-01", "T-01", "--workspace", sitting)
    assert re.search(rf"{names[0]} +\d+\.\d ± \d+ +\d+\.\d ± \d+ +[+-]0 % +7\d % +[+-]0\.0 +no *\n", beside)
    assert max(map(len, beside.splitlines())) <= 80
    assert [word["clear"] for word in compared] == [False, False]
    missing = run("words", "show", "X-09", "--workspace", sitting)
    assert (missing.returncode, "There is no scale of X-09" in missing.stderr) == (2, True)


def test_every_technique_is_explained_with_its_sources() -> None:
    for name in json.loads(good("techniques", "--json")):
        technique = load_technique(name["name"])
        printed = good("techniques", name["name"])
        assert technique.title in printed
        for phase in technique.phases:
            assert phase.title in printed
            assert all(f"{number} = " in printed for number in phase.sources)
    assert run("techniques", "cupping").returncode == 2
