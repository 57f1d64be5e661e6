"""The pedal while another program has the keyboard, on a real X server."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.processes import screen
from benchmarks.row import Unmeasurable
from nmt_sense.app.far_pedal import FarPedal
from nmt_sense.app.settings import Pedal

if TYPE_CHECKING:
    from nmt_sense.app.far_key_x11 import Ear

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="an X server is needed")
SOON_S = 20.0


class Typist:
    """Another program on the same display: it takes the keyboard, and it types."""

    def __init__(self, name: str) -> None:
        from Xlib import X, display

        self._x, self.server = X, display.Display(name)
        root = self.server.screen().root
        self._window = root.create_window(0, 0, 50, 50, 0, X.CopyFromParent, event_mask=X.KeyPressMask)
        self._window.map()
        self.server.sync()

    def take_keyboard(self) -> None:
        self._window.set_input_focus(self._x.RevertToParent, self._x.CurrentTime)
        self.server.sync()

    def give_keyboard(self, window: int) -> None:
        self.server.create_resource_object("window", window).set_input_focus(
            self._x.RevertToParent, self._x.CurrentTime
        )
        self.server.sync()

    def code(self, name: str) -> int:
        from Xlib import XK

        return int(self.server.keysym_to_keycode(XK.string_to_keysym(name)))

    def down(self, name: str) -> None:
        self._fake(self._x.KeyPress, name)

    def up(self, name: str) -> None:
        self._fake(self._x.KeyRelease, name)

    def type(self, name: str) -> None:
        time.sleep(0.02)  # a foot's press is never within a millisecond of the last one
        self.down(name)
        self.up(name)

    def _fake(self, kind: int, name: str) -> None:
        from Xlib.ext import xtest

        xtest.fake_input(self.server, kind, self.code(name))
        self.server.sync()

    def typed(self) -> int:
        """Keys that came to this program since last asked."""
        self.server.sync()
        return sum(self.server.next_event().type == self._x.KeyPress for _ in range(self.server.pending_events()))


@pytest.fixture
def typist(monkeypatch: pytest.MonkeyPatch) -> Iterator[Typist]:
    try:
        with screen() as display:
            monkeypatch.setenv("DISPLAY", display["DISPLAY"])
            monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
            made = Typist(display["DISPLAY"])
            yield made
            made.server.close()
    except Unmeasurable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def grab(typist: Typist) -> Iterator[Callable[[list[int]], Ear | None]]:
    """Takes the pedal's key; gives it back at the end, whatever the test has come to.

    Tests read what comes themselves: where there is no sound server, Qt's sound goes on watching a socket that it has
    closed, and the next one of that number, ours, would never be told of. The last test has a process of its own.
    """
    from nmt_sense.app.far_key_x11 import grab_key

    taken: list[Ear] = []

    def take(heard: list[int]) -> Ear | None:
        release: Any = grab_key(Pedal(), lambda: heard.append(1))
        if release is None:
            return None
        ear: Ear = release.__self__
        ear._notifier.setEnabled(False)
        taken.append(ear)
        return ear

    yield take
    for ear in taken:
        ear.close()


def test_only_the_pedals_key_is_heard_and_only_until_it_is_given_back(typist: Typist, grab, qapp) -> None:
    heard: list[int] = []
    typist.take_keyboard()
    ear = grab(heard)
    for name in ("a", "Next", "b", "Next"):
        typist.type(name)
        ear._read()
    assert len(heard) == 2
    assert typist.typed() == 2  # a and b; the pedal's key does not disturb the other program
    ear.close()
    typist.type("Next")
    assert (len(heard), typist.typed()) == (2, 1)


def test_a_pedal_held_down_is_one_press(typist: Typist, grab, qapp) -> None:
    heard: list[int] = []
    ear = grab(heard)
    typist.server.change_keyboard_control(key=typist.code("Next"), auto_repeat_mode=1)
    typist.down("Next")
    time.sleep(0.9)  # the server repeats from 660 ms on, every 40
    typist.up("Next")
    ear._read()
    assert len(heard) == 1


def test_a_key_that_another_program_has_taken_is_left_to_it(typist: Typist, grab, qapp) -> None:
    from Xlib import X

    root = typist.server.screen().root
    root.grab_key(typist.code("Next"), X.AnyModifier, False, X.GrabModeAsync, X.GrabModeAsync)
    typist.server.sync()
    assert grab([]) is None


def test_where_the_system_gives_no_keys_it_says_so(qapp) -> None:
    assert FarPedal(lambda: None).listen(Pedal()) is False  # these tests' own windows are on no screen


def test_a_mark_is_set_by_the_pedal_while_another_program_has_the_keyboard(typist: Typist, tmp_path: Path) -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "xcb"}
    command = [sys.executable, str(Path(__file__).with_name("far_window.py")), str(tmp_path)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[2],
    ) as program:
        assert program.stdin is not None
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=lambda: [lines.put(line.strip()) for line in program.stdout], daemon=True).start()

        def until(wanted: str) -> str:
            while wanted not in (line := lines.get(timeout=SOON_S)):
                pass
            return line

        window = int(until("ready").split()[1])
        typist.give_keyboard(window)
        until("0 here")
        typist.type("Next")
        until("1 here")
        typist.take_keyboard()
        until("1 Keys go to another program now, the pedal still comes here")
        typist.type("m")
        typist.type("Next")
        until("2 Keys")
        typist.give_keyboard(window)
        until("2 here")
        typist.type("Next")
        until("3 here")
        program.stdin.close()
        assert program.wait(SOON_S) == 0
