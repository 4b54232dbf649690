"""The first layer that passes both levels, over means and text by text, by hand."""

import numpy as np

from tests.helpers.annotated_scores import record
from workbench.metrics import schemas
from workbench.metrics.plausibility.earliest_layer import earliest_layers, first_layer
from workbench.metrics.plausibility.text_values import text_values

NAN = np.nan


def test_first_layer_by_hand() -> None:
    fpr = np.array([[1.0, 0.5, 0.2, 0.0], [1.0, 0.1, 0.1, 0.1], [1, 1, 1, 1]])
    tpr = np.array([[1.0, 1.0, 0.8, 0.2], [1.0, 0.1, 0.1, 0.1], [1, 1, 1, 1]])
    first = first_layer(fpr, tpr, 0.3, 0.5)
    assert first[0] == 2
    assert np.isnan(first[1:]).all()
    # "Below" and "above" are strict.
    assert first_layer(fpr[:1], tpr[:1], 0.5, 0.5)[0] == 2


def kept(rows: list[list[int]], text_id: str):
    """Four tokens, the first two marked; [CLS] and [SEP] always kept."""
    mask = [[1, *row, 1] for row in rows]
    return record(np.ones((len(rows), 6)), [1, 1, 0, 0], kept=mask, text_id=text_id)


def test_means_and_texts() -> None:
    early = kept([[1, 1, 1, 1], [1, 1, 0, 0], [1, 1, 0, 0]], "early")
    late = kept([[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0]], "late")
    barren = record(np.ones((3, 6)), [0, 0, 0, 0], kept=np.ones((3, 6)), text_id="barren")
    table = earliest_layers(
        text_values([early, late, barren]), "test", fpr_levels=[0.4, 0.6], tpr_levels=[0.5]
    )
    assert tuple(table.columns) == schemas.EARLIEST.columns
    rows = table.query("unit == 'token' and universe == 'all' and selection == 'kept'")
    tight, loose = rows.to_dict("records")
    # Mean FPR: 1, 0.5, 0.25; text by text "early" passes at layer 1 and "late" never below 0.4.
    assert (tight["layer"], tight["texts_share"], tight["texts_median"], tight["n"]) == (2, 0.5, 1, 2)
    assert (loose["layer"], loose["texts_share"], loose["texts_median"]) == (1, 1.0, 1.5)


def test_a_level_that_is_never_reached_is_nan() -> None:
    table = earliest_layers(text_values([kept([[1, 1, 1, 1]], "t")]), "test")
    kept_rows = table[table["selection"] == "kept"]
    assert kept_rows["layer"].isna().all()
    assert (kept_rows["texts_share"] == 0).all()
    assert kept_rows["texts_median"].isna().all()
    assert earliest_layers([], "test").empty
