"""`workbench report`: the pages of a run or of a comparison."""

from workbench.cli.options import RunFolder
from workbench.cli.terminal import say


def report(run_folder: RunFolder) -> None:
    """Write figures, tables, page and model cards of a run, or the page of a comparison."""
    from workbench.reporting.cards.model import write_cards
    from workbench.reporting.pages.comparison import write_comparison
    from workbench.reporting.pages.run import write_report
    from workbench.runs.folder import COMPARISON, load_run

    if (run_folder / COMPARISON).is_file():
        say(write_comparison(run_folder).page)
        return
    page = write_report(load_run(run_folder).folder)
    write_cards(run_folder)
    say(page)
