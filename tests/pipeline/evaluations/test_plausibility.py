"""The tables that a run gets from its scores, on made-up records and without a model."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd

from workbench.config.run import RunConfig
from workbench.core.token_scores import TokenScores
from workbench.metrics.registry import AGREEMENT
from workbench.pipeline.evaluations.plausibility import plausibility_tables
from workbench.storage.tables import write_table

WORDS = 6


def made_up(annotated: bool = True) -> list[TokenScores]:
    """Scores of three scorers on two windows of each of eight texts."""
    rng = np.random.default_rng(0)
    records = []
    for text in range(8):
        for window in range(2):
            marks = np.r_[False, rng.random(WORDS) < 0.4, False]
            one = TokenScores(
                "saliency", "dense", f"t{text}", window, ("w",) * (WORDS + 2),
                np.r_[-1, np.arange(WORDS) + WORDS * window, -1], rng.random((2, WORDS + 2)), None,
                marks if annotated else None,
            )  # fmt: skip
            kept = np.cumprod(rng.random((2, WORDS + 2)) < 0.7, axis=0) > 0
            cp = np.where(np.vstack([np.ones(WORDS + 2, dtype=bool), kept[:1]]), one.scores, np.nan)
            ones = np.ones_like(one.scores)
            records += [
                one,
                replace(one, scorer="cp", method="adapler", scores=cp, kept=kept),
                replace(one, scorer="uniform", scores=ones),
                replace(one, scorer="random", scores=rng.random(ones.shape)),
            ]
    return records


def tables(records: list[TokenScores]) -> dict[str, pd.DataFrame]:
    settings = {"evaluation": {"bootstrap": 20, "random_draws": 2}}
    return plausibility_tables(SimpleNamespace(config=RunConfig(**settings)), "test", records)  # type: ignore[arg-type]


def test_every_table_has_rows_and_can_be_written(tmp_path) -> None:
    found = tables(made_up())
    assert set(found) == {
        "plausibility", "plausibility_counts", "random_spread", "comparisons", "fpr_comparisons",
        "chance", "earliest", "agreement",
    }  # fmt: skip
    for name, frame in found.items():
        assert len(frame), name
        write_table(frame, tmp_path / f"{name}.parquet", csv=True)
        pd.testing.assert_frame_equal(
            pd.read_csv(tmp_path / f"{name}.csv").astype(frame.dtypes),
            frame.reset_index(drop=True),
            rtol=1e-12,
        )
    assert set(found["plausibility"]["metric"]) == {metric.name for metric in AGREEMENT}
    assert set(found["agreement"]["scorer"]) == {"saliency", "cp"}
    assert set(found["earliest"]["selection"]) == {"uniform", "kept"}


def test_texts_without_rationales_still_have_rank_agreement() -> None:
    found = tables(made_up(annotated=False))
    assert len(found["agreement"])
    for name in (
        "plausibility",
        "random_spread",
        "comparisons",
        "fpr_comparisons",
        "chance",
        "earliest",
    ):
        assert found[name].empty, name


def test_the_predictors_false_positives_stand_against_the_dense_models_scores() -> None:
    records = made_up()
    worse = [
        replace(one, scores=np.ones_like(one.scores)) if one.scorer == "cp" else one for one in records
    ]
    frame = tables(worse)["fpr_comparisons"]
    assert set(zip(frame["scorer"], frame["against"], strict=True)) == {("cp", "saliency")}
    # Equal scores select everything: an FPR of 1, which no ranking with a low score reaches.
    rows = tables(worse)["plausibility"].query("metric == 'fpr' and selection == 'uniform'")
    value = rows.set_index(["scorer", "layer", "unit", "universe"])["value"]
    for row in frame.itertuples():
        place = (row.layer, row.unit, row.universe)
        wanted = value["cp", *place] - value["saliency", *place]
        assert abs(row.difference - wanted) < 1e-12
        assert row.difference > 0
