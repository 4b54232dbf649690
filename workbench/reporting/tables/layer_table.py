"""A value by layer as a table: a line per key, a column per layer."""

from collections.abc import Mapping

import pandas as pd

from workbench.reporting.tables.table import Table


def layer_table(
    name: str, caption: str, frame: pd.DataFrame, keys: Mapping[str, str], digits: int = 3
) -> Table:
    """`frame` (columns of `keys`, layer, value, n) with the layers side by side.

    `keys` are columns and their headings; the column `run` is left out where there is one run only. A
    layer without a value is a dash; n is the largest of the line. A column `text` is shown in the place
    of the value.
    """
    chosen = [key for key in keys if key != "run" or frame["run"].nunique() > 1]
    layers = range(int(frame["layer"].max()) + 1 if len(frame) else 0)
    lines, shown = [], []
    for values, own in frame.groupby(chosen, sort=False, observed=True, dropna=False):
        by_layer = own.set_index("layer")["value"].reindex(layers)
        line = dict(zip(chosen, values, strict=True)) | {"n": int(own["n"].max())}
        text = {keys[key]: str(line[key]) for key in chosen} | {"n": str(line["n"])}
        lines.append(line | {f"layer_{k}": by_layer[k] for k in layers})
        written = own["text"] if "text" in own else own["value"].map(f"{{:.{digits}f}}".format)
        cells = dict(zip(own["layer"], written, strict=True))
        shown.append(text | {f"L{k}": "–" if pd.isna(by_layer[k]) else cells[k] for k in layers})
    words = tuple(keys[key] for key in chosen)
    return Table(name, caption, pd.DataFrame(lines), pd.DataFrame(shown), words)
