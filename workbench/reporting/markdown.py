"""Tables as GitHub shows them."""

import pandas as pd


def markdown(frame: pd.DataFrame) -> str:
    """`frame`, formatted already, as a Markdown table; no name in it can break out of its cell."""
    lines = [[cell(name) for name in frame.columns], ["---"] * frame.shape[1]]
    lines += [[cell(value) for value in row] for row in frame.itertuples(index=False)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cell(value: object) -> str:
    """A value as one line of text in which GitHub sees neither HTML nor the end of a cell."""
    text = " ".join(str(value).split())
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
