"""What a file says of itself reaches the terminal as letters, never as orders to it."""

from __future__ import annotations

import json
import os

import pytest

from nmt_sense.commands.console import complaint, print_json, printable, say

ORDERS = "red \x1b[31m title \x1b]0;x\x07 back \x08\r csi \x9b2J turned \u202egnp.exe lone \udc80 tag \U000e0041"


def test_orders_are_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"intact: {ORDERS}")
    print_json({"operator": ORDERS.replace("\udc80", "")})
    shown = capsys.readouterr().out + complaint(ORDERS)
    assert all(sign.isprintable() for sign in shown.replace("\n", "").replace(os.linesep, ""))
    assert r"\x1b[31m" in shown


def test_json_says_the_same_as_before(capsys: pytest.CaptureFixture[str]) -> None:
    said = {"operator": ORDERS.replace("\udc80", ""), "technique": "µ é 日本"}
    print_json(said)
    assert json.loads(capsys.readouterr().out) == said


def test_ordinary_letters_stay_as_they_are() -> None:
    assert printable("Åsa – 4.5 N ± 1 µS, 日本") == "Åsa – 4.5 N ± 1 µS, 日本"
