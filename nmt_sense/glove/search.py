"""Finding a glove that was lost, by its serial number, wherever it has been plugged in again.

Opening a port may reset the board behind it, and a question disturbs a device that is no glove. So ports that were not
there when the glove was are asked first; USB ports that were there all along only after a while and seldom; no others.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nmt_sense.device import GloveInfo
from nmt_sense.errors import LinkError, LinkReason
from nmt_sense.glove.link import HANDSHAKE_S, Link
from nmt_sense.glove.ports import serial_ports

LOOK_EVERY_S = 0.25
"""Between looks at which ports there are."""
CHATTER_S = 1.5
"""How long a port that sends something, but nothing that a glove says, is listened to."""
ASK_AGAIN_S = 4.0
"""A port that was left alone is asked again after so long; one that went and came back, at once."""
RETRY_S = 0.3
"""The same for a port that could not be opened: the system may need a moment to hand it over."""
OLD_PORTS_AFTER_S, OLD_PORTS_EVERY_S = 5.0, 30.0
"""When ports that were there all along are asked, and how often."""
_NAP_S = 0.05
_TERMINALS = Path("/dev/pts")
"""Pseudo-terminals: a name there that was given up is given to the next terminal window, which is none of ours."""


def neighbours(port: str) -> set[str]:
    """The ports there are whose names differ from this one in their numbers only, itself included if it is there."""
    path = Path(port)
    if "://" in port or not path.is_absolute():
        return set()
    if path.parent == _TERMINALS:
        return {port} if path.exists() else set()
    pattern = re.compile(r"\d+".join(re.escape(part) for part in re.split(r"\d+", path.name)))
    with contextlib.suppress(OSError):
        return {str(found) for found in path.parent.iterdir() if pattern.fullmatch(found.name) and found.exists()}
    return set()


def ports_there(port: str) -> dict[str, bool]:
    """The ports there are that a glove last seen on ``port`` could be on, and whether each is a USB port."""
    there = dict.fromkeys(neighbours(port), False)
    if "://" not in port:
        there |= {found.url: found.usb for found in serial_ports()}
    return there


@dataclass(frozen=True, slots=True)
class _Asked:
    """A port on which somebody is being asked."""

    link: Link
    since: float

    def given_up(self) -> bool:
        """True when nothing that a glove says has come for long enough."""
        waited = time.monotonic() - self.since
        return waited > (CHATTER_S if self.link.heard else HANDSHAKE_S)


class Search:
    """Looks for one glove on every port that it may be on, all at once. Used by one thread."""

    def __init__(self, port: str, serial_number: int, before: set[str], idle: Callable[[], None]) -> None:
        """``port``: where it was; ``before``: the ports that were there when it was (:func:`ports_there`)."""
        self._home = port
        self._serial = serial_number
        self._old = before - {port}
        self._moved_out = False
        self._idle = idle
        self._asked: dict[str, _Asked] = {}
        self._ask_at: dict[str, float] = {}
        self._look_at = 0.0
        self._began = time.monotonic()
        self.problem = ""
        """What is wrong with whoever is on the port where it was; empty when nobody is."""

    @property
    def asking(self) -> bool:
        """True while somebody is being asked."""
        return bool(self._asked)

    def step(self, any_glove: bool) -> Link | None:
        """One round, a fraction of a second; the open link once the glove has answered.

        With ``any_glove`` another one will do on the port where the lost one was.
        """
        if time.monotonic() >= self._look_at:
            self._look()
            self._look_at = time.monotonic() + LOOK_EVERY_S
        if not self._asked:
            time.sleep(_NAP_S)
        for url in list(self._asked):
            found = self._listen(url)
            if found is None:
                continue
            if found.serial_number == self._serial or (any_glove and url == self._home):
                link = self._asked.pop(url).link
                self.end()
                return link
            self._refuse(url, found)
        return None

    def end(self) -> None:
        """Leave every port that is still being asked."""
        for asked in self._asked.values():
            asked.link.leave()
        self._asked.clear()

    def _look(self) -> None:
        there = ports_there(self._home)
        self._old &= set(there)
        for url in [url for url in self._ask_at if url not in there and "://" not in url]:
            del self._ask_at[url]  # what comes back under this name may be somebody else
        if self._home not in there:
            self.problem = ""
            self._moved_out = Path(self._home).parent == _TERMINALS
        for url in self._candidates(there):
            if url not in self._asked and time.monotonic() >= self._ask_at.get(url, 0.0):
                self._knock(url)

    def _candidates(self, there: dict[str, bool]) -> Iterator[str]:
        """Where to ask, the likeliest first."""
        named = not Path(self._home).is_absolute()  # a URL, COM3: whether it is there shows when it is opened
        if (self._home in there or named) and not self._moved_out:
            yield self._home
        near = neighbours(self._home)
        new = (url for url in there if url not in self._old and url != self._home)
        yield from sorted(new, key=lambda url: (url not in near, not there[url], url))
        if time.monotonic() - self._began > OLD_PORTS_AFTER_S:
            yield from sorted(url for url in self._old if there[url])

    def _knock(self, url: str) -> None:
        link = Link(url, self._idle)
        try:
            link.knock()
        except LinkError as error:
            self._leave_alone(url, RETRY_S, str(error))
        else:
            self._asked[url] = _Asked(link, time.monotonic())

    def _listen(self, url: str) -> GloveInfo | None:
        """The glove that has answered; whoever has not in time is left alone."""
        asked = self._asked[url]
        try:
            found = asked.link.hear()
            if found is None and asked.given_up():
                raise asked.link.nobody()
        except LinkError as error:
            # silence at home may be a board without power, which is ours and does no harm to ask
            ours = error.reason is LinkReason.UNPLUGGED or (error.reason is LinkReason.SILENT and url == self._home)
            self._leave_alone(url, RETRY_S if ours else ASK_AGAIN_S, "" if ours else str(error))
            return None
        return found

    def _refuse(self, url: str, found: GloveInfo) -> None:
        sentence = f"Another glove (serial number {found.serial_number}) is on {url}; plug in {self._serial} again."
        self._leave_alone(url, ASK_AGAIN_S, sentence)

    def _leave_alone(self, url: str, seconds: float, why: str) -> None:
        if url in self._asked:
            self._asked.pop(url).link.leave()
        self._ask_at[url] = time.monotonic() + (OLD_PORTS_EVERY_S if url in self._old else seconds)
        if url == self._home:
            self.problem = why
