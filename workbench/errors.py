"""The two ways a command can end badly, so that callers and the command line agree on them."""


class WorkbenchError(Exception):
    """The work itself failed (a full disk, a diverged training): exit code 1."""


class InputError(WorkbenchError):
    """The user's input or usage is wrong: exit code 2. The message names the file, line, id or key."""
