from __future__ import annotations

from pathlib import Path

import pytest
from simulator import make, missing_tools

HERE = Path(__file__).parent
NEEDS_NO_TOOLS = "test_firmware_constants.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = missing_tools()
    for item in items:
        if HERE in item.path.parents and item.path.name != NEEDS_NO_TOOLS:
            item.add_marker(pytest.mark.avr)
            if reason:
                item.add_marker(pytest.mark.skip(reason=f"needs the AVR tools: {reason}"))


@pytest.fixture(scope="session", autouse=True)
def built_firmware() -> None:
    """Builds binary and simulator once."""
    if missing_tools() is None:
        make("all")
        make("sim")
