"""A participant's code: it becomes part of a file name, and it must not tell who somebody is."""

from __future__ import annotations

import re

from nmt_sense.errors import NmtError

CODE_HINT = "A participant code has 1 to 32 letters, digits, - and _ only, no spaces: a code, never a name."
ANYBODY = "anon"
"""What the window calls a participant whom nobody has named."""
UNNAMED = "unnamed"
"""What stands in the name of a recording without a code."""
_CODE = re.compile(r"[A-Za-z0-9_-]{1,32}")


def code_problem(code: str) -> str:
    """Why ``code`` cannot be a participant's code, in one sentence; empty when it can."""
    return "" if _CODE.fullmatch(code) else CODE_HINT


def known_code(code: str) -> str:
    """The code of somebody; empty for nobody's: no code, and what the program writes in its place.

    Two recordings under one of those may be of two people, so nothing is ever compared by it.
    """
    return "" if code.casefold() in (ANYBODY, UNNAMED) else code


def check_code(code: str, whose: str = "participant") -> None:
    """Raises :class:`NmtError` unless this is somebody's code, or empty: nobody named."""
    if code and (problem := code_problem(code)):
        raise NmtError(problem if whose == "participant" else problem.replace("A participant", f"An {whose}"))
