"""Ctrl-C and SIGTERM end a command with one line, whatever it is doing."""

import os
import signal
import subprocess
import sys

import pytest

PROGRAM = """
import sys, time, workbench.cli.program as program
def work():
    "Work."
    print("ready", flush=True)
    try:
        time.sleep(30)
    except KeyboardInterrupt:
        {swallowed}
program.add_command(program.app, work, plugins=False, interrupted="kept")
from workbench.cli import main
sys.argv = ["workbench", "work"]
main()
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("swallowed", ["raise", "raise ValueError('Invalid affine matrix')"])
def test_both_signals_end_with_one_line_and_their_code(number, code, swallowed):
    command = [sys.executable, "-c", PROGRAM.format(swallowed=swallowed)]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        _, error = process.communicate(timeout=30)
    assert (process.returncode, error) == (code, "kept\n")


COUNTED_ONCE = """
import contextlib, signal
from workbench.cli.stopping import stop_code, stoppable
with stoppable():
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
        raise SystemExit("SIGTERM raised nothing")
    assert stop_code(ValueError()) == 143
    signal.raise_signal(signal.SIGINT)
assert stop_code(ValueError()) is None
assert stop_code(KeyboardInterrupt()) == 130
print("done")
"""
SWALLOWED = """
import contextlib, signal, workbench.cli.program as program
def swallow():
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    return 130
program.run_program = swallow
from workbench.cli import main
main()
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program that raises signals: where one takes its default action, the tests go on."""
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )


def test_a_signal_counts_once_and_whatever_error_it_became():
    answer = run(COUNTED_ONCE)
    assert (answer.returncode, answer.stdout) == (0, "done\n"), answer.stderr


def test_a_signal_that_a_library_swallows_is_told():
    answer = run(SWALLOWED)
    assert (answer.returncode, answer.stderr) == (130, "interrupted\n")


def test_letters_that_an_encoding_lacks_are_escapes():
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "workbench", "report", "--run", "größe"]
    answer = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert answer.returncode == 2
    assert rb"gr\xf6\xdfe: not a run folder" in answer.stderr
