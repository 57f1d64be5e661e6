from __future__ import annotations

from pathlib import Path

import pytest
from simulator import make, missing_tools

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and item.path.name != "test_firmware_constants.py":
            item.add_marker(pytest.mark.avr)


@pytest.fixture(scope="session", autouse=True)
def built_firmware(request: pytest.FixtureRequest) -> None:
    """Builds binary and simulator once; skips, with the reason, where the tools are missing."""
    reason = missing_tools()
    needed = any(item.get_closest_marker("avr") for item in request.session.items)
    if needed and reason is None:
        make("all")
        make("sim")


@pytest.fixture(autouse=True)
def needs_tools(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("avr") and (reason := missing_tools()):
        pytest.skip(f"needs the AVR tools: {reason}")
