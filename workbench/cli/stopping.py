"""How Ctrl-C and SIGTERM end a command: one line, and 128 + the signal's number as the exit code.

Nothing is imported here that takes time: a signal may come while the rest is.
"""

import _thread
import atexit
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_AGAIN = 0.1
"""Seconds after which an interrupt that was swallowed is raised once more."""


class _Stop:
    """What has come so far."""

    number: int | None = None
    """The first signal."""
    is_told = False
    """Whether the command ends already: further signals change nothing."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Let both signals raise KeyboardInterrupt; those that are ignored, as below nohup, stay so."""
    _Stop.number, _Stop.is_told = None, False
    hook = sys.unraisablehook
    before = {number: signal.getsignal(number) for number in SIGNALS}
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            if before[number] != signal.SIG_IGN:
                signal.signal(number, _raise)
        # While the interpreter ends, Python's own handler would print a traceback.
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_DFL)
    sys.unraisablehook = lambda lost: _raise_again() if _is_interrupt(lost) else hook(lost)
    try:
        yield
    finally:
        sys.unraisablehook = hook
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)
        _Stop.number, _Stop.is_told = None, False


def stop_code(error: BaseException | None) -> int | None:
    """Return the exit code where a signal ended the work, else None; from then on signals do nothing.

    Args:
        error: What came out. Libraries turn an interrupt in the middle of their work into errors of
            other kinds; None: nothing did.
    """
    number = _Stop.number
    if number is None and isinstance(error, KeyboardInterrupt):
        number = signal.SIGINT
    _Stop.is_told = number is not None
    return None if number is None else 128 + number


def swallowed_code() -> int | None:
    """Return the exit code where a signal came and nobody has told it, as while typer reads arguments,
    else None; from then on signals do nothing."""
    return None if _Stop.is_told else stop_code(None)


def _raise(number: int, _: FrameType | None) -> None:
    if not _Stop.is_told:
        _Stop.number = _Stop.number or number
        raise KeyboardInterrupt


def _is_interrupt(lost: "sys.UnraisableHookArgs") -> bool:
    return issubclass(lost.exc_type, KeyboardInterrupt)


def _raise_again() -> None:
    """Raise an interrupt once more that came where nothing can be raised, such as a destructor."""
    timer = threading.Timer(_AGAIN, _thread.interrupt_main, [_Stop.number or signal.SIGINT])
    timer.daemon = True
    timer.start()
