"""The two ways a command can end badly, so that callers and the command line agree on them."""

import reprlib

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 120
_SHORT.maxlong = 40


class WorkbenchError(Exception):
    """The work itself failed (a full disk, a diverged training): exit code 1."""


class InputError(WorkbenchError):
    """The user's input or usage is wrong: exit code 2. The message names the file, line, id or key."""


def shown(value: object) -> str:
    """Return a value as a message quotes it: of a long or deep one its beginning, never all."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # A number of thousands of digits.
        return f"a number of {value.bit_length()} bits" if isinstance(value, int) else "a huge value"
