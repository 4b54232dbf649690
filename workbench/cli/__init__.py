"""The command line: thin, typed functions over the library."""

import sys

from workbench.cli.stopping import stop_code, stoppable, swallowed_code


def main() -> None:
    """Run the command line: exit 0 on success, 2 for wrong use or input, 1 for failure.

    Ctrl-C ends it with 130 and SIGTERM with 143, while everything is imported too.
    """
    with stoppable():
        try:
            from workbench.cli.program import run_program

            code = run_program()
            stopped = swallowed_code()
        except BaseException as error:
            stopped = stop_code(error)
            if stopped is None:
                raise
        if stopped is not None:
            print("interrupted", file=sys.stderr)  # noqa: T201 - what prints may not be here yet
            code = stopped
    sys.exit(code)
