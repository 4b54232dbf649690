"""A finished run has exactly the files, columns and values that the contract lists."""

import json

import numpy as np
import pandas as pd
import pytest
from safetensors.torch import load_file

from tests.helpers.tiny_runs import LAYERS, METHODS, SCORERS
from workbench.config.loading import load_config
from workbench.core.token_scores import COLUMNS
from workbench.metrics.registry import AGREEMENT, ANNOTATED
from workbench.metrics.schemas import RUN_TABLES

METRICS = ("classification", "plausibility", "efficiency", "chance", "earliest", "agreement", "aims")


def test_every_folder_and_file_is_there(tiny):
    names = {path.name for path in tiny.folder.iterdir()}
    assert names >= {
        "config.yaml", "environment.json", "models", "predictions.parquet", "scores", "metrics",
        "figures", "tables", "report.html",
    }  # fmt: skip
    for suffix in ("png", "pdf"):
        stems = {path.stem for path in (tiny.folder / "figures").glob(f"*.{suffix}")}
        assert stems >= {"plausibility", "speedup", "tokens"}
    for suffix in ("csv", "tex"):
        stems = {path.stem for path in (tiny.folder / "tables").glob(f"*.{suffix}")}
        assert stems >= {"main", "plausibility_table", "efficiency"}
    assert {path.stem for path in (tiny.folder / "scores").iterdir()} == set(SCORERS)


def test_no_file_is_empty_pickled_or_left_over(tiny):
    files = [path for path in tiny.folder.rglob("*") if path.is_file() and path.name != ".lock"]
    assert not [path for path in files if path.suffix in {".pkl", ".bin", ".pt", ".pth", ".ckpt"}]
    assert not [path for path in files if path.stat().st_size == 0]
    assert [path.name for path in tiny.folder.rglob(".*")] == [".lock"]


def test_config_is_the_resolved_configuration(tiny):
    assert load_config(tiny.folder / "config.yaml") == load_config(tiny.config)
    assert "weight_decay" in (tiny.folder / "config.yaml").read_text()


def test_environment_names_versions_commit_seed_and_machine(finished):
    found = finished.environment
    assert found.keys() >= {"workbench", "commit", "seed", "python", "packages", "machine", "started"}
    assert found["seed"] == finished.config.seed
    assert found["packages"].keys() >= {"torch", "transformers", "captum", "accelerate", "pandas"}
    assert all(found["packages"].values())
    assert found["machine"].keys() >= {"system", "processor", "cores", "torch_threads"}


@pytest.mark.parametrize("method", METHODS)
def test_models_are_hugging_face_folders(tiny, method):
    folder = tiny.folder / "models" / method
    names = {path.name for path in folder.iterdir()}
    assert names >= {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    assert ("policy.safetensors" in names) == (method != "dense")
    assert json.loads((folder / "config.json").read_text())["workbench"]["method"] == method
    assert any(key.startswith("bert.encoder") for key in load_file(folder / "model.safetensors"))


def test_predictions_have_the_contracts_columns(finished):
    frame = finished.predictions
    assert list(frame.columns) == [
        "method", "split", "text_id", "label", "predicted", "prob_NEG", "prob_POS", "tokens",
        "flops", "flops_dense",
    ]  # fmt: skip
    assert all(len(tokens) == LAYERS for tokens in frame["tokens"])
    assert frame["flops"].dtype.kind == frame["flops_dense"].dtype.kind == "i"
    assert not frame.duplicated(["method", "split", "text_id"]).any()
    np.testing.assert_allclose(frame["prob_NEG"] + frame["prob_POS"], 1, atol=1e-6)
    likelier = np.where(frame["prob_POS"] > frame["prob_NEG"], "POS", "NEG")
    assert (frame["predicted"] == likelier).all()


def test_predictions_cover_every_method_and_text(finished):
    counts = finished.predictions.groupby(["method", "split"])["text_id"].nunique().to_dict()
    assert counts == {(method, split): 10 for method in METHODS for split in ("dev", "test")}


@pytest.mark.parametrize("scorer", SCORERS)
def test_scores_have_the_contracts_columns_and_types(finished, scorer):
    frame = finished.scores(scorer)
    assert tuple(frame.columns) == COLUMNS
    assert frame[["window", "layer", "token_index", "word_index"]].dtypes.eq("int32").all()
    assert frame["score"].dtype == "float32"
    assert frame["kept"].dtype == frame["rationale"].dtype == "boolean"
    assert set(frame["scorer"]) == {scorer}
    assert set(frame["method"]) == {SCORERS[scorer]}
    assert set(frame["layer"]) == set(range(LAYERS))
    assert not frame.duplicated(["text_id", "window", "layer", "token_index"]).any()


@pytest.mark.parametrize("scorer", SCORERS)
def test_kept_is_null_exactly_where_nothing_is_ever_dropped(finished, scorer):
    kept = finished.scores(scorer)["kept"]
    if scorer in ("cp", "top"):
        assert kept.notna().all()
        assert set(kept) == {True, False}
    else:
        assert kept.isna().all()


@pytest.mark.parametrize("scorer", SCORERS)
def test_scores_speak_of_the_texts_that_are_predicted(finished, scorer):
    predicted = finished.predictions.query("split == 'test' and method == @SCORERS[@scorer]")
    assert set(finished.scores(scorer)["text_id"]) == set(predicted["text_id"])


@pytest.mark.parametrize("name", METRICS)
def test_metrics_are_the_same_in_csv_and_parquet(tiny, finished, name):
    frame = finished.metrics(name)
    assert tuple(frame.columns) == RUN_TABLES[name].columns
    written = pd.read_csv(tiny.folder / "metrics" / f"{name}.csv").astype(frame.dtypes)
    pd.testing.assert_frame_equal(written, frame, rtol=1e-12)


def test_classification_has_all_metrics_of_every_method(finished):
    frame = finished.metrics("classification")
    rows = set(zip(frame["method"], frame["split"], frame["metric"], strict=True))
    assert rows == {
        (method, split, metric)
        for method in METHODS
        for split in ("dev", "test")
        for metric in ("accuracy", "macro_f1", "matthews")
    }
    assert (frame["n"] == 10).all()
    assert (frame["ci_low"] <= frame["ci_high"]).all()


def test_efficiency_has_only_the_contracts_quantities(finished):
    frame = finished.metrics("efficiency")
    counted = {"flops_speedup_unpadded", "flops_speedup_padded", "tokens_kept_share"}
    measured = {"seconds_median", "speedup_vs_hf", "realised_share"}
    assert set(frame["quantity"]) == counted | measured
    sizes = frame["batch_size"]
    assert (sizes.isna() == frame["quantity"].isin(counted)).all()
    assert set(sizes.dropna()) == {1, 4}
    for method in METHODS:
        assert set(frame.loc[frame["method"] == method, "quantity"]) == counted | measured


def test_plausibility_has_every_scorer_layer_and_convention(finished):
    frame = finished.metrics("plausibility")
    assert dict(zip(frame["scorer"], frame["method"], strict=True)) == SCORERS
    assert set(frame["unit"]) == {"token", "word"}
    assert set(frame["universe"]) == {"with-evidence", "all"}
    selections = {"scores": ("none",), "selection": ("uniform", "kept")}
    assert set(zip(frame["selection"], frame["metric"], strict=True)) == {
        (selection, metric.name)
        for metric in (*AGREEMENT, *ANNOTATED)
        for selection in selections[metric.needs]
    }
    # ToP scores with the attention of the layer before: nothing at the entry of layer 0.
    for scorer in SCORERS:
        rows = frame[(frame["scorer"] == scorer) & (frame["metric"] == "ap")]
        assert set(rows["layer"]) == set(range(1 if scorer == "top" else 0, LAYERS))
    assert set(frame.loc[frame["selection"] == "kept", "scorer"]) == {"cp", "top"}
    for metric in (*AGREEMENT, *ANNOTATED):
        values = frame.loc[frame["metric"] == metric.name, "value"]
        assert values.between(metric.low, metric.high + 1e-12).all()


def test_report_shows_every_method(tiny):
    page = (tiny.folder / "report.html").read_text(encoding="utf-8")
    assert all(name in page for name in ("AdapLeR", "ToP", "data:image/png;base64"))
