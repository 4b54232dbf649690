"""What a long command says of its progress where nobody watches a bar."""

import io
import re

from rich.console import Console

from workbench.cli.console import ConsoleReporter


def lines(terminal: bool, total: int = 100) -> list[str]:
    out = io.StringIO()
    with ConsoleReporter(Console(file=out, force_terminal=terminal, width=100)) as reporter:
        reporter.stage("dense", skipped=False)
        for done in range(1, 101):
            reporter.progress(done, total, {"loss": 0.5})
        reporter.progress(100, 100, {})
        reporter.stage("saliency", skipped=True)
    return [line for line in out.getvalue().splitlines() if re.match(r"\d\d:\d\d:\d\d ", line)]


def test_a_file_gets_a_line_at_every_tenth() -> None:
    told = [line[9:] for line in lines(terminal=False)]
    tenths = [f"dense: {done} of 100  loss 0.5" for done in range(10, 101, 10)]
    assert told == ["dense: begins", *tenths, "saliency: unchanged, skipped"]


def test_without_a_total_a_file_gets_a_line_whenever_twice_as_much_is_done() -> None:
    told = [line[9:] for line in lines(terminal=False, total=0)]
    doubled = [f"dense: {done}  loss 0.5" for done in (1, 2, 4, 8, 16, 32, 64)]
    assert told == ["dense: begins", *doubled, "dense: 100 of 100", "saliency: unchanged, skipped"]


def test_a_terminal_gets_its_bars_alone() -> None:
    assert lines(terminal=True) == lines(terminal=True, total=0) == []
