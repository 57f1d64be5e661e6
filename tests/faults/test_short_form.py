"""A few of each fault, in every run of the tests. ``make faults`` tries the full numbers."""

from __future__ import annotations

import importlib.util

import pytest

from tests.faults.__main__ import MODULES, cells, rows_of
from tests.faults.row import Form

THERE = [module for module in MODULES if importlib.util.find_spec(f"tests.faults.{module}")]


@pytest.mark.parametrize("module", THERE)
def test_nothing_is_lost_and_nothing_invented(module: str) -> None:
    rows = rows_of(module, Form.SHORT)
    assert rows
    broken = [(cells(row), row.failures[:3]) for row in rows if not row.good]
    assert not broken
