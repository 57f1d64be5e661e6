"""What the linked binary weighs and what is in it: the very file that is flashed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from simulator import BUILD, ELF, make

ARDUINO_CORE = Path("/usr/share/arduino/hardware/arduino/avr/cores/arduino")
FLASH_LIMIT = 16 * 1024
RAM_LIMIT = int(1.2 * 1024)
DIVISION = re.compile(r"__u?div(mod)?[a-z]*\d*|__u?mod[a-z]*\d*")
FLOAT = re.compile(r"__(add|sub|mul|div|cmp|eq|ne|lt|le|gt|ge|unord|neg|fix|fixuns|float|floatun)[sd]i?s?[fi]\d?$")
HEAP = {"malloc", "free", "realloc", "calloc", "__brkval"}


def tool(*command: object) -> str:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def sections() -> dict[str, int]:
    lines = re.findall(r"^(\.\w+)\s+(\d+)", tool("avr-size", "-A", ELF), re.M)
    return {name: int(size) for name, size in lines}


@pytest.fixture(scope="module")
def symbols() -> set[str]:
    return {line.split()[-1] for line in tool("avr-nm", ELF).splitlines()}


@pytest.fixture(scope="module")
def functions() -> dict[str, str]:
    """Disassembly by label."""
    parts = re.split(r"^[0-9a-f]+ <(.+)>:$", tool("avr-objdump", "-d", ELF), flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_flash_and_static_ram_leave_room(sections: dict[str, int]) -> None:
    assert sections[".text"] + sections[".data"] <= FLASH_LIMIT
    assert sections[".data"] + sections[".bss"] + sections.get(".noinit", 0) <= RAM_LIMIT


def test_there_is_no_heap(symbols: set[str]) -> None:
    assert not symbols & HEAP


def test_there_is_no_floating_point(symbols: set[str]) -> None:
    assert not [symbol for symbol in symbols if FLOAT.match(symbol)]


def reachable(functions: dict[str, str], start: str) -> set[str]:
    """Labels that code can get to from a label: calls, jumps, and falling through to the next label."""
    following = dict(zip(functions, list(functions)[1:], strict=False))
    seen, todo = set(), [start]
    while todo:
        label = todo.pop()
        if label in seen or label not in functions:
            continue
        seen.add(label)
        code = functions[label]
        todo += re.findall(r"<([^+>]+)(?:\+0x[0-9a-f]+)?>", code)
        last = [line for line in code.splitlines() if "\t" in line][-1]
        if not re.search(r"\t(ret|reti|rjmp|jmp)\b", last) and label in following:
            todo.append(following[label])
    return seen


def interrupts(functions: dict[str, str]) -> list[str]:
    used = re.findall(r"<(__vector_\d+)>", functions["__vectors"])
    return sorted(set(used))


def test_no_interrupt_can_reach_a_software_division(functions: dict[str, str]) -> None:
    vectors = interrupts(functions)
    assert len(vectors) == 5, "scan timer, milliseconds, ADC, and both directions of the serial line"
    for vector in vectors:
        code = reachable(functions, vector)
        assert not [label for label in code if DIVISION.match(label)], vector
        assert not [label for label in code if re.search(r"\t(icall|ijmp)\b", functions[label])], (
            f"{vector} calls through a pointer, so nobody knows what it reaches"
        )


def test_the_search_for_divisions_finds_those_of_the_main_loop(functions: dict[str, str]) -> None:
    assert [label for label in reachable(functions, "main") if DIVISION.match(label)]


@pytest.mark.skipif(not ARDUINO_CORE.is_dir(), reason="needs Debian's arduino-core-avr")
def test_the_folder_builds_as_an_arduino_sketch_with_the_same_interrupts() -> None:
    make("arduino-check")
    sketch = tool("avr-nm", BUILD / "arduino" / "nmt_glove.elf")
    vectors = re.compile(r" T (__vector_\d+|main)$", re.M)
    assert vectors.findall(sketch)
    assert sorted(vectors.findall(sketch)) == sorted(vectors.findall(tool("avr-nm", ELF)))


def test_portable_parts_pass_their_host_tests() -> None:
    assert make("test").count("all passed") == 3
