"""Tables as GitHub shows them."""

import pandas as pd


def markdown(frame: pd.DataFrame) -> str:
    """`frame`, formatted already, as a Markdown table."""
    lines = [[str(name) for name in frame.columns], ["---"] * frame.shape[1]]
    lines += [[str(value) for value in row] for row in frame.itertuples(index=False)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
