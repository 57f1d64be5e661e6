"""The command line, as a real process: what it says, what it leaves, and its exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from lines import Chatter, GloveOnLine, wait_for
from typer.testing import CliRunner

from nmt_sense.cli import app
from nmt_sense.commands.display import XCB_LIBRARIES, check_display
from nmt_sense.errors import LinkError, LinkReason, NmtError
from nmt_sense.glove.link import Link
from nmt_sense.glove.wire import frame
from nmt_sense.session.recording import open_recording
from nmt_sense.workspace import Workspace

TOOL = [sys.executable, "-m", "nmt_sense"]


QT_FINDS_A_DISPLAY_BY = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def run(
    *words: object, cwd: Path | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    command = [*TOOL, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=cwd, env=environment)


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line with which a command ended with exit code 2."""
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    return line


def test_the_demo_ends_by_itself_with_holds_and_an_intact_file(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "demo.h5"
    done = run("demo", "--headless", "--seconds", 10, "--seed", 4, "--out", out, "--workspace", workspace.root)
    assert done.returncode == 0, done.stderr
    assert f"intact: {out}" in done.stdout
    assert "mean N" in done.stdout
    verified = run("verify", out, "--json")
    assert verified.returncode == 0
    assert json.loads(verified.stdout)[0]["verdict"] == "intact"
    listed = json.loads(run("holds", out, "--json").stdout)
    assert listed[0]["in_band_s"] > 3


def test_two_demos_with_one_seed_are_the_same_recording(workspace: Workspace, tmp_path: Path) -> None:
    outs = [tmp_path / "a.h5", tmp_path / "b.h5"]
    started = [
        subprocess.Popen([*TOOL, "demo", "--headless", "--seconds", "5", "--out", str(out)], cwd=workspace.root)
        for out in outs
    ]
    assert [process.wait(60) for process in started] == [0, 0]
    with open_recording(outs[0]) as one, open_recording(outs[1]) as other:
        np.testing.assert_array_equal(one.counts, other.counts)
        np.testing.assert_array_equal(one.contact_n, other.contact_n)
        assert repr(one.holds) == repr(other.holds)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["record", "--port", "/dev/no-such-port", "--seconds", "1"], "There is no port /dev/no-such-port"),
        (["record", "--port", "sim://?rate=5", "--seconds", "1"], "rate must lie between"),
        (["record", "--port", "sim://?force=900", "--seconds", "1"], "force must lie above 0 and up to 500 N, but is"),
        (["record", "--port", "sim://?hold=0", "--seconds", "1"], "hold must lie between 0.5 and 3600 s, but is 0"),
        (["record", "--port", "sim://?seed=-1", "--seconds", "1"], "seed must not be negative, but is -1"),
        (["record", "--port", "sim://?nonsense=5", "--seconds", "1"], "unknown option 'nonsense'"),
        (["record", "--port", "socket://127.0.0.1:1", "--seconds", "1"], "refused the connection"),
        (["live", "--port", "socket://"], "lacks a host or a port number; write it as socket://"),
        (["live", "--port", "socket://127.0.0.1:99999"], "cannot be reached"),
        (["check", "--port", "foo://bar"], "cannot be opened as a port here; use sim://"),
        (["record", "--port", "sim://", "--technique", "no-such"], "no-such"),
        (["record", "--port", "sim://", "--out", "x.txt"], "does not end in .h5"),
        (["record", "--port", "sim://", "--out", "/no/such/folder/x.h5"], "no folder"),
        (["record", "--port", "sim://", "--out", "x" * 230 + ".h5"], "too long a name"),
        (["record", "--port", "sim://", "--out", "é" * 113 + ".h5"], "it takes 229 bytes (é takes two), of 200"),
        (["record", "--port", "", "--seconds", "1"], "No port is named; nmt-sense devices lists the ports"),
        (["recover", "."], "is a folder, not a journal"),
        (["recover", "/"], "is a folder, not a journal"),
        (["recover", ""], "is a folder, not a journal"),
        (["recover", "x" * 300], "x (File name too long)."),
        (["record", "--port", "sim://", "--participant", "Jane Doe/1"], "participant code"),
        (["record", "--port", "sim://", "--participant", "../../x"], "participant code"),
        (["record", "--port", "sim://", "--operator", "Jane Doe"], "An operator code has"),
        (["record", "--port", "sim://", "--out", "x.h5", "--participant", "../x"], "participant code"),
        (["record"], "--port"),
        (["demo", "--seconds", "soon"], "--seconds"),
        (["record", "--port", "sim://", "--seconds", "1e307"], "--seconds"),
        (["check", "--port", "sim://", "--seconds", "1e307"], "--seconds"),
        (["verify", "no-such.h5"], "no-such.h5"),
        (["holds", "calibration/glove.toml"], "calibration/glove.toml"),
        (["no-such-command"], "no-such-command"),
        (["words"], "Missing command; see nmt-sense words --help"),
        (["calibrate", "fit"], "see nmt-sense calibrate fit --help"),
        (["calibrate", "fit", "a.csv", "--sensor", "thumb", "--out", "a.txt"], "a.txt should end in .toml"),
        (["sound", "a.h5", "--out", "a.mp3"], "a.mp3 should end in .wav"),
    ],
)
def test_wrong_use_is_one_line_that_says_what_and_what_to_do(
    words: Sequence[str], said: str, workspace: Workspace
) -> None:
    assert said in refused(run(*words, cwd=workspace.root))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_what_cannot_be_printed_is_one_line(workspace: Workspace) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*TOOL, "techniques"], cwd=workspace.root, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr == "nmt-sense: The system refused to go on: No space left on device.\n"


def test_a_program_started_without_an_output_records_all_the_same(workspace: Workspace) -> None:
    words = ["record", "--port", "sim://?speed=max", "--seconds", "1", "--out", "a.h5"]
    done = subprocess.run(
        [sys.executable, "-c", "import os, sys; os.close(1); os.execv(sys.argv[1], sys.argv[1:])", *TOOL, *words],
        cwd=workspace.root, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    with open_recording(workspace.root / "a.h5") as recording:
        assert recording.integrity.verdict == "intact"


@pytest.mark.parametrize("link", ["calibration/a.nmtj.lock", "recordings/.in-use.lock"])
def test_a_link_in_the_place_of_a_lock_is_named_and_is_to_be_deleted(link: str, workspace: Workspace) -> None:
    (workspace.root / link).symlink_to(workspace.root / "nowhere")
    named = ["--out", "calibration/a.h5"] if "calibration" in link else []
    said = refused(run("record", "--port", "sim://", "--seconds", 1, *named, cwd=workspace.root))
    assert f"{link} is a link" in said
    assert "delete that link" in said


@pytest.mark.parametrize("code", ["Jane Doe/1", "../../x", "x" * 33, "a\n"])
def test_no_recording_gets_a_name_from_what_is_no_participant_code(code: str, workspace: Workspace) -> None:
    with pytest.raises(NmtError, match="a code, never a name"):
        workspace.new_recording(code)
    assert workspace.new_recording("P-014").parent == workspace.recordings


def test_a_recording_is_never_overwritten(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "kept.h5"
    out.write_text("somebody's")
    assert "never overwritten" in refused(run("record", "--port", "sim://", "--out", out, cwd=workspace.root))
    assert out.read_text() == "somebody's"


@pytest.mark.parametrize("words", [b"$GPGGA,123519,4807.038,N\r\n", bytes(range(1, 256)), b"\0\xff\0"])
def test_a_device_that_is_not_a_glove_is_said_to_be_none(words: bytes, workspace: Workspace) -> None:
    with Chatter(words) as port:
        assert "is not an NMT Sense glove" in refused(run("record", "--port", port, cwd=workspace.root))


def test_a_port_on_which_nothing_answers_is_said_to_be_silent(workspace: Workspace) -> None:
    with Chatter(b"") as port:
        assert "Nothing on" in refused(run("record", "--port", port, cwd=workspace.root))


def test_a_glove_of_another_protocol_version_is_refused_with_both_versions() -> None:
    with Chatter(frame(bytes([1, 9, 0, 0]))) as port:
        with pytest.raises(LinkError, match="version 9, this program version 1; update the program") as caught:
            Link(port).open()
        assert caught.value.reason is LinkReason.OTHER_PROTOCOL


def test_a_port_in_use_is_said_to_be_busy() -> None:
    with GloveOnLine() as glove:
        first = Link(glove.port)
        first.open()
        with pytest.raises(LinkError, match="in use by another program") as caught:
            Link(glove.port).open()
        assert caught.value.reason is LinkReason.BUSY
        first.close()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="file permissions of this kind are POSIX")
def test_a_port_without_permission_says_how_to_get_it() -> None:
    with GloveOnLine() as glove:
        os.chmod(glove.port, 0o000)
        was = os.geteuid()
        try:
            if was == 0:  # root may open anything, so be somebody else for a moment
                os.seteuid(65534)
            with pytest.raises(LinkError, match="dialout") as caught:
                Link(glove.port).open()
        finally:
            os.seteuid(was)
        assert caught.value.reason is LinkReason.NO_PERMISSION


@pytest.mark.parametrize("way", ["unplug", "silence"])
def test_a_glove_that_goes_away_leaves_its_recording_and_exit_code_2(way: str, workspace: Workspace) -> None:
    out = workspace.recordings / "kept.h5"
    with GloveOnLine() as glove:
        process = subprocess.Popen(
            [*TOOL, "record", "--port", glove.port, "--seconds", "4", "--out", str(out)],
            cwd=workspace.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        wait_for(out.with_suffix(".nmtj").exists)
        time.sleep(1.0)
        if way == "unplug":
            glove.unplug()
        else:
            glove.paused.set()
        printed, complaint = process.communicate(timeout=30)
    assert process.returncode == 2
    (line,) = complaint.strip().splitlines()
    assert ("unplugged" if way == "unplug" else "silent") in line
    assert "did not come back in time" in line
    assert f"intact: {out}" in printed
    with open_recording(out) as recording:
        assert recording.duration_s > 0.5


def test_a_killed_recording_is_recovered_and_marked_so(workspace: Workspace) -> None:
    out = workspace.recordings / "killed.h5"
    process = subprocess.Popen(
        [*TOOL, "record", "--port", "sim://", "--out", str(out)], cwd=workspace.root, stdout=subprocess.DEVNULL
    )
    journal = out.with_suffix(".nmtj")
    wait_for(journal.exists)
    time.sleep(1.5)
    assert "Nothing to recover" in run("recover", cwd=workspace.root).stdout  # in use: not an orphan
    process.send_signal(signal.SIGKILL)
    process.wait()
    recovered = run("recover", cwd=workspace.root)
    assert f"recovered: {out}" in recovered.stdout
    assert not journal.exists()
    with open_recording(out) as recording:
        assert recording.duration_s > 1.0
    assert run("verify", out).returncode == 1


def killed_at(out: Path, workspace: Workspace) -> Path:
    """The journal of a recording to ``out`` that was killed."""
    words = ["record", "--port", "sim://", "--out", str(out), "--workspace", str(workspace.root)]
    process = subprocess.Popen([*TOOL, *words], stdout=subprocess.DEVNULL)
    journal = out.with_suffix(".nmtj")
    wait_for(journal.exists)
    time.sleep(1.0)
    process.kill()
    process.wait()
    return journal


def test_a_killed_recording_outside_the_workspace_is_recovered_by_its_name(
    workspace: Workspace, tmp_path: Path
) -> None:
    out = tmp_path / "elsewhere.h5"
    journal = killed_at(out, workspace)
    assert f"recovered: {out}" in run("recover", journal, cwd=workspace.root).stdout
    assert out.exists()
    assert not journal.exists()
    assert "There is no journal" in refused(run("recover", journal, cwd=workspace.root))


def test_recording_again_to_the_name_of_a_killed_recording_brings_that_back_first(
    workspace: Workspace, tmp_path: Path
) -> None:
    out = tmp_path / "elsewhere.h5"
    journal = killed_at(out, workspace)
    again = run("record", "--port", "sim://", "--seconds", 1, "--out", out, cwd=workspace.root)
    assert again.returncode == 2
    recovered, complaint = again.stderr.strip().splitlines()
    assert f"cut off: {out}" in recovered
    assert "never overwritten" in complaint
    assert not journal.exists()


@pytest.mark.parametrize("order", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_ctrl_c_shutdown_or_a_closed_terminal_end_a_recording_and_keep_it(order: str, workspace: Workspace) -> None:
    out = workspace.recordings / "ended.h5"
    process = subprocess.Popen(
        [*TOOL, "record", "--port", "sim://", "--out", str(out)],
        cwd=workspace.root, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for(out.with_suffix(".nmtj").exists)
    time.sleep(1.0)
    process.send_signal(getattr(signal, order))
    printed, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out.exists()
    assert not out.with_suffix(".nmtj").exists()
    if order != "SIGHUP":  # then nobody is there to be told
        assert f"intact: {out}" in printed


def test_a_recording_goes_on_when_whoever_read_its_output_has_gone(workspace: Workspace) -> None:
    out = workspace.recordings / "unread.h5"
    process = subprocess.Popen(
        [*TOOL, "record", "--port", "sim://", "--out", str(out)],
        cwd=workspace.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    time.sleep(4.0)  # a line is printed every three seconds
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=30)
    assert "Traceback" not in complaint
    assert (process.returncode, out.exists()) == (0, True)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows closes consoles in its own way")
def test_closing_the_terminal_window_ends_a_recording_and_keeps_it(workspace: Workspace) -> None:
    ours, its = os.openpty()
    out = workspace.recordings / "closed.h5"
    takes_terminal = (
        "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", takes_terminal, *TOOL, "record", "--port", "sim://", "--out", str(out)],
        cwd=workspace.root, stdin=its, stdout=its, stderr=its, start_new_session=True,
    )  # fmt: skip
    os.close(its)
    wait_for(out.with_suffix(".nmtj").exists)
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:  # as a terminal does, read what is drawn
        os.read(ours, 65536)
    os.close(ours)
    assert process.wait(30) == 0
    with open_recording(out) as recording:
        assert recording.integrity.verdict == "intact"


def test_ctrl_c_again_while_the_file_is_written_leaves_all_in_the_journal(workspace: Workspace) -> None:
    out = workspace.recordings / "ended.h5"
    process = subprocess.Popen(
        [*TOOL, "record", "--port", "sim://?speed=max", "--seconds", "400", "--out", str(out)],
        cwd=workspace.root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for(out.with_name("ended.nmtj.part").exists, 50)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Interrupted while writing" in complaint.splitlines()[-1]
    assert "nmt-sense recover finishes it" in complaint.splitlines()[-1]
    assert out.with_suffix(".nmtj").exists()
    assert not out.exists()
    assert f"recovered: {out}" in run("recover", cwd=workspace.root).stdout
    with open_recording(out) as recording:
        assert len(recording.scan) == 400 * 250


def test_simulate_names_a_port_that_a_glove_answers_on_and_says_what_to_do_with_it() -> None:
    process = subprocess.Popen(
        [*TOOL, "simulate", "--rate", "500"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    link = Link(port)
    info = link.open()
    link.close()
    process.send_signal(signal.SIGINT)
    printed, told = process.communicate(timeout=10)
    assert printed == ""  # programs read the port, and nothing else
    assert "the port of a simulated glove, which answers while this runs" in told
    assert f"nmt-sense live --port {port}" in told
    assert (info.name, round(info.rate_hz), info.simulated) == ("Virtual glove", 500, True)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display there")
@pytest.mark.parametrize(
    ("display", "words", "said"),
    [
        ("", [], "no display"),
        (":4711", [], "does not answer"),
        (":4711", ["demo"], "does not answer"),
    ],
)
def test_a_window_without_a_display_is_refused_in_one_line(
    display: str, words: list[str], said: str, workspace: Workspace
) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in QT_FINDS_A_DISPLAY_BY}
    environment |= {"DISPLAY": display} if display else {}
    complaint = refused(run(*words, "--workspace", workspace.root, environment=environment))
    assert said in complaint or (display and "apt-get install" in complaint)


def test_missing_libraries_of_the_window_are_named_with_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":4711")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setitem(XCB_LIBRARIES, "libno-such.so.7", "libno-such7")
    with pytest.raises(NmtError, match=r"apt-get install .*libno-such7"):
        check_display()


def test_the_libraries_looked_for_are_those_that_make_installs() -> None:
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    listed = re.search(r"GUI_PACKAGES := ((?:.*\\\n)*.*)", makefile)
    assert listed is not None
    assert set(listed[1].replace("\\", "").split()) == set(XCB_LIBRARIES.values())


def test_an_unreadable_file_does_not_hide_what_is_said_of_the_others(workspace: Workspace) -> None:
    one = workspace.recordings / "one.h5"
    assert run("record", "--port", "sim://", "--seconds", 1, "--out", one, cwd=workspace.root).returncode == 0
    (workspace.recordings / "rubbish.h5").write_bytes(b"no recording")
    files = ["missing.h5", one, workspace.recordings / "rubbish.h5", one]
    done = run("verify", *files)
    assert done.returncode == 2
    missing, rubbish = done.stderr.strip().splitlines()
    assert "missing.h5" in missing
    assert "rubbish.h5" in rubbish
    assert done.stdout.count(f"intact: {one}") == 2
    in_json = run("verify", "--json", *files)
    assert (in_json.returncode, len(json.loads(in_json.stdout))) == (2, 2)


def test_a_recording_played_again_has_the_holds_and_the_stops_of_the_first(workspace: Workspace) -> None:
    first, again = workspace.recordings / "first.h5", workspace.recordings / "again.h5"
    for port, out in (
        ("sim://?speed=max&seed=2&client_stop=5&marker=3", first),
        (f"replay://{first}?speed=max", again),
    ):
        assert run("record", "--port", port, "--seconds", 15, "--out", out, cwd=workspace.root).returncode == 0
    with open_recording(first) as one, open_recording(again) as other:
        assert "client_stop" in {hold.end for hold in one.holds}
        assert repr(one.holds) == repr(other.holds)
        assert repr(one.events) == repr(other.events)


def test_options_before_the_command_count_as_if_they_came_after_it(workspace: Workspace, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    words = ["--workspace", workspace.root, "--port", "sim://", "record", "--seconds", 1, "--participant", "P-1"]
    assert run(*words, cwd=elsewhere).returncode == 0
    assert len(list(workspace.recordings.glob("*_P-1.h5"))) == 1
    assert "recover has no option --port" in refused(run("--port", "sim://", "recover", cwd=workspace.root))


def test_every_command_explains_itself() -> None:
    for name in ("demo", "live", "check", "record", "devices", "set-up", "simulate", "verify", "recover", "holds"):
        done = run(name, "--help")
        assert done.returncode == 0
        assert "Usage" in done.stdout
        assert "--workspace" in done.stdout


def _commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, each in getattr(command, "commands", {}).items():
        yield from _commands(each, (*words, name))
    if not hasattr(command, "commands"):
        yield words


@pytest.mark.parametrize("words", list(_commands(typer.main.get_command(app))), ids=" ".join)
def test_the_help_says_the_range_of_every_number(words: tuple[str, ...]) -> None:
    """Whatever number an option takes, its help says which it refuses."""
    said = CliRunner().invoke(app, [*words, "--help"])
    assert said.exit_code == 0
    options = [text for text in said.stdout.split("\n  --") if re.match(r"\S+ <[^>]*\b(?:int|float)\b", text)]
    assert [text for text in options if not re.search(r"x[<>]=", text)] == []


def test_a_recording_can_be_named_by_its_workspace(workspace: Workspace, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    out = workspace.recordings / "one.h5"
    assert (
        run("record", "--port", "sim://", "--seconds", 1, "--out", out, "--workspace", workspace.root).returncode == 0
    )
    for words in (
        ["verify", "one.h5", "--workspace", workspace.root],
        ["--workspace", workspace.root, "holds", "one.h5"],
    ):
        assert run(*words, cwd=elsewhere).returncode == 0
