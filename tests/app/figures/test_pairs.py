"""How scorers agree as a matrix: the values of its frame, on the screen and in print."""

import numpy as np

from app.data.one_text import pair_frame
from app.figures.charts import pair_map
from app.figures.drawing import in_print, on_screen
from tests.helpers.fake_run import all_records


def test_a_matrix_has_the_values_of_its_frame() -> None:
    made = all_records()
    records = [made[name][3] for name in ("cp", "top", "saliency")]
    # ToP says nothing about layer 0.
    frame = pair_frame(records, 0, "token", "kendall")
    matrix = pair_map(frame, [(record.scorer, record.method) for record in records], "kendall")
    (panel,) = matrix.panels
    (heat,) = on_screen(matrix).data
    np.testing.assert_array_equal(np.array(heat.z, dtype=float), panel.values)
    ax = in_print(matrix).axes[0]
    drawn = ax.collections[0].get_array().filled(np.nan)
    np.testing.assert_array_equal(drawn, panel.values)
    assert drawn[0, 2] == drawn[2, 0] == frame["value"].item()
    assert np.isnan(drawn).sum() == 7
    texts = [text for row in panel.texts for text in row]
    assert [text.get_text() for text in ax.texts if text.get_text()] == texts
    assert [note.text for note in on_screen(matrix).layout.annotations] == texts
    assert texts[0] == "–"
    assert [label.get_text() for label in ax.get_yticklabels()] == panel.rows


def test_a_matrix_is_symmetric() -> None:
    made = all_records()
    records = [made[name][3] for name in ("cp", "top", "saliency")]
    frame = pair_frame(records, 1, "token", "kendall")
    values = pair_map(frame, [(r.scorer, r.method) for r in records], "kendall").panels[0].values
    np.testing.assert_array_equal(values, values.T)
    assert np.isnan(np.diag(values)).all()
    assert values[0, 1] == frame["value"].iloc[0]
