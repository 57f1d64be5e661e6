"""A few of each fault, in every run of the tests. ``make faults`` tries the full numbers."""

from __future__ import annotations

import os
import shutil
import sys

import pytest

from tests.faults.__main__ import MODULES, cells, rows_of
from tests.faults.row import Form
from tests.firmware.simulator import missing_tools

SHIM = ("kills", "power", "truncation")
POSIX = (*SHIM, "cable", "returns", "clocks", "disk", "hostile", "resets", "stream")


def lacking(module: str) -> str:
    """What this computer lacks to try a kind of fault; empty where it lacks nothing."""
    if module in POSIX and os.name != "posix":
        return "pseudo-terminals and signals"
    if module in SHIM and (sys.platform != "linux" or shutil.which("gcc") is None):
        return "Linux and gcc, to stand between the program and the system"
    if module == "disk" and (sys.platform != "linux" or os.geteuid() != 0):
        return "Linux and root, to mount small file systems"
    if module == "resets" and (tools := missing_tools()):
        return f"the firmware's tools: {tools}"
    return ""


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_lost_and_nothing_invented(module: str) -> None:
    if what := lacking(module):
        pytest.skip(f"needs {what}")
    rows = rows_of(module, Form.SHORT)
    assert rows
    broken = [(cells(row), row.failures[:3]) for row in rows if not row.good]
    assert not broken
