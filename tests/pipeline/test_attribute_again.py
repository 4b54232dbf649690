"""`workbench attribute` on a folder it wrote before: killed, full, edited, damaged or another's."""

import errno
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.helpers.kills import killed_at
from tests.helpers.toys import save_folder
from workbench.attribution.options import Options
from workbench.catalog.plugins import load_plugins, unload_plugins
from workbench.catalog.scorers import SCORERS as CATALOGUE
from workbench.errors import InputError, WorkbenchError
from workbench.models.classifier import PruningClassifier, load_classifier
from workbench.pipeline.attribute import attribute
from workbench.pipeline.job import Reporter
from workbench.pipeline.requests import AttributeRequest
from workbench.runs.streamed_scores import Tally
from workbench.storage.locks import one_writer

SCORERS = ("saliency", "alti")
TEXTS = ["a b", "c d e", "f g", "h", "i j k"]
FILES = [".lock", "attribute.json", "scores/alti.parquet", "scores/saliency.parquet", "texts.parquet"]


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return save_folder(tmp_path_factory.mktemp("m") / "model")


@pytest.fixture
def texts(tmp_path) -> Path:
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(TEXTS))
    return path


def score(model: Path, texts: Path, out: Path, **more) -> dict[str, Tally]:
    asked = {"scorers": SCORERS, "options": Options(batch_size=1)} | more
    request = AttributeRequest(texts=str(texts), model=model, out=out, **asked)
    return attribute(request, Reporter())[1]


def rows(out: Path, scorer: str = "alti") -> pd.DataFrame:
    return pd.read_parquet(out / "scores" / f"{scorer}.parquet").drop(columns="seconds")


def equal(one: Path, other: Path) -> None:
    """Scores, counts and the files that are there."""
    for scorer in SCORERS:
        pd.testing.assert_frame_equal(rows(one, scorer), rows(other, scorer), atol=1e-6)
    counts = []
    for folder in (one, other):
        assert sorted(_files(folder)) == FILES
        summary = json.loads((folder / "attribute.json").read_text())["scorers"]
        counts.append({name: tally | {"seconds": 0} for name, tally in summary.items()})
    assert counts[0] == counts[1]


def _files(folder: Path) -> list[str]:
    return [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]


@pytest.fixture(scope="module")
def whole(model, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    (folder / "texts.txt").write_text("\n".join(TEXTS))
    score(model, folder / "texts.txt", folder / "out")
    return folder / "out"


@pytest.mark.parametrize("number", [2, 6, 9, 14, 21, 28, 35, 39, 43, 47])
def test_killed_at_any_file_operation_the_same_command_ends_right(
    model, texts, whole, tmp_path, number
) -> None:
    out = tmp_path / "out"
    assert killed_at(number, out, lambda: score(model, texts, out))
    score(model, texts, out)
    equal(out, whole)


@pytest.mark.parametrize("failing", [1, 3, 5])
def test_after_a_full_disk_the_same_command_goes_on(
    model, texts, whole, tmp_path, monkeypatch, failing
) -> None:
    out, left, original = tmp_path / "out", failing, pq.ParquetWriter.write_table

    def full(*given, **options):
        nonlocal left
        left -= 1
        if not left:
            raise OSError(errno.ENOSPC, "No space left on device")
        return original(*given, **options)

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    with pytest.raises(WorkbenchError, match=r"cannot write .*: No space left"):
        score(model, texts, out)
    monkeypatch.undo()
    score(model, texts, out)
    equal(out, whole)


def test_another_text_of_the_same_id_is_refused(model, texts, tmp_path) -> None:
    out = tmp_path / "out"
    score(model, texts, out)
    before = rows(out)
    texts.write_text("\n".join([*TEXTS[:2], "another", *TEXTS[3:]]))
    with pytest.raises(InputError, match=r"texts.parquet: its text 'line-3' is another .*--out"):
        score(model, texts, out)
    pd.testing.assert_frame_equal(rows(out), before)
    # Its first two texts are the same ones.
    assert score(model, texts, out, limit=2)["alti"].texts == 5


def test_two_files_do_not_meet_by_default(model, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("monday", "a b"), ("tuesday", "c d e\nf")):
        (tmp_path / f"{name}.txt").write_text(text)
        request = AttributeRequest(texts=f"{name}.txt", model=model, scorers=["alti"])
        folder, tallies = attribute(request, Reporter())
        assert folder == Path("runs/attribute") / name
        assert tallies["alti"].texts == len(text.splitlines())


def test_a_class_counts_where_it_is_explained(model, tmp_path) -> None:
    path = tmp_path / "t.csv"
    asked = {"label_column": "class", "scorers": ["saliency"]}
    for target, refused in ((None, False), ("gold", True)):
        options = Options(target=target)
        for label in ("neg", "pos"):
            path.write_text(f"text,class\na b c,{label}\n")
            if label == "pos" and refused:
                with pytest.raises(InputError, match="text 'row-1' is another"):
                    score(model, path, tmp_path / str(target), options=options, **asked)
            else:
                score(model, path, tmp_path / str(target), options=options, **asked)


def test_settings_bind_only_where_there_are_scores(model, texts, tmp_path) -> None:
    out = tmp_path / "out"
    assert killed_at(9, out, lambda: score(model, texts, out))
    assert _files(out)
    assert not list(out.glob("scores/*.parquet"))
    texts.write_text("other texts")
    score(model, texts, out, scorers=["saliency"], options=Options(target="pos"))
    assert rows(out, "saliency")["text_id"].unique().tolist() == ["line-1"]


def test_the_models_windows_and_tokenizer_count(model, texts, tmp_path) -> None:
    out = tmp_path / "out"
    score(model, texts, out, max_tokens=20)
    with pytest.raises(InputError, match="max_tokens 20, not 64"):
        score(model, texts, out, scorers=["rollout"])
    classifier, tokenizer = load_classifier(model)
    tokenizer.mask_token = "[UNK]"
    changed = tmp_path / "changed"
    PruningClassifier(classifier.stock, classifier.policy).save(changed, tokenizer)
    with pytest.raises(InputError, match="saliency scores are another model's"):
        score(changed, texts, out, max_tokens=20)


PLUGIN = """
import numpy as np
from workbench.catalog.scorers import register_scorer

@register_scorer(name="own", title="Own", description="own", group="control", takes="window")
def own(window, layers, seed):
    return np.full((layers, len(window.input_ids)), {value}, dtype=np.float32)
"""


def test_scores_of_changed_code_are_not_added_to(model, texts, tmp_path) -> None:
    plugin, out = tmp_path / "own_scorer.py", tmp_path / "out"
    try:
        for value in (1, 2):
            plugin.write_text(PLUGIN.format(value=value))
            unload_plugins()
            load_plugins([plugin])
            if value == 1:
                score(model, texts, out, scorers=["own"], limit=2)
        with pytest.raises(InputError, match="its own scores were made by other code"):
            score(model, texts, out, scorers=["own"])
    finally:
        unload_plugins()


def test_scores_of_an_earlier_revision_are_not_added_to(model, texts, tmp_path, monkeypatch) -> None:
    """Those that were made when `globenc` meant something else, and no others."""
    out, names = tmp_path / "out", ["globenc", "alti"]
    with monkeypatch.context() as earlier:
        earlier.setitem(CATALOGUE._entries, "globenc", replace(CATALOGUE["globenc"], revision=1))
        score(model, texts, out, scorers=names, limit=2)
    with pytest.raises(InputError, match="its globenc scores were made by other code"):
        score(model, texts, out, scorers=names)
    score(model, texts, out, scorers=["alti"])


def test_the_second_writer_is_refused_and_writes_nothing(model, texts, tmp_path) -> None:
    out = tmp_path / "out"
    with one_writer(out, "attribute"), pytest.raises(WorkbenchError, match="is writing it"):
        score(model, texts, out)
    assert not out.exists()
    score(model, texts, out)


def test_a_foreign_folder_stays_as_it_is(model, texts, tmp_path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "own.md").write_text("x")
    with pytest.raises(InputError, match="neither empty nor a scores folder"):
        score(model, texts, tmp_path / "notes")
    assert _files(tmp_path / "notes") == ["own.md"]


def test_a_text_that_cannot_be_scored_is_refused_before_the_first(model, texts, tmp_path) -> None:
    texts.write_text("\n".join([*TEXTS, " ".join("abcdefghij" * 10)]))
    with pytest.raises(InputError, match="line-6"):
        score(model, texts, tmp_path / "out", too_long="refuse")
    assert not (tmp_path / "out").exists()


@pytest.fixture
def copied(whole, tmp_path) -> Path:
    out = tmp_path / "out"
    for file in FILES:
        (out / file).parent.mkdir(parents=True, exist_ok=True)
        (out / file).write_bytes((whole / file).read_bytes())
    return out


@pytest.mark.parametrize(
    "name", ["attribute.json", "texts.parquet", "scores/alti.parquet", "scores/.alti/000009.parquet"]
)
@pytest.mark.parametrize("content", [b"", b"{}", b"PAR1" + bytes(40) + b"PAR1"])
def test_a_damaged_file_is_named(model, texts, copied, name, content) -> None:
    (copied / name).parent.mkdir(exist_ok=True)
    (copied / name).write_bytes(content)
    with pytest.raises(InputError) as refused:
        score(model, texts, copied)
    assert str(refused.value).startswith(f"{copied / name}: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["attribute.json", "texts.parquet"])
def test_scores_of_unknown_texts_or_settings_are_not_added_to(model, texts, copied, name) -> None:
    (copied / name).unlink()
    with pytest.raises(InputError, match="choose another --out"):
        score(model, texts, copied)


def test_scores_of_an_earlier_version_are_not_added_to(model, texts, copied) -> None:
    earlier = {"settings": {"options": {}, "max_tokens": 64, "models": {"alti": "0123"}}, "scorers": {}}
    (copied / "attribute.json").write_text(json.dumps(earlier))
    with pytest.raises(InputError, match=r"attribute.json: .* of an earlier version; choose another"):
        score(model, texts, copied)


def test_scores_made_before_classes_were_compared_are_added_to(model, texts, copied, whole) -> None:
    summary = json.loads((copied / "attribute.json").read_text())
    assert summary["settings"]["options"].pop("against") is None
    (copied / "attribute.json").write_text(json.dumps(summary))
    with pytest.raises(InputError, match=r"made with other options \(against None\); choose another"):
        score(model, texts, copied, scorers=["saliency"], options=Options(against="pos"))
    score(model, texts, copied)
    equal(copied, whole)


def test_a_table_that_is_gone_is_made_again(model, texts, copied, whole) -> None:
    (copied / "scores" / "alti.parquet").unlink()
    score(model, texts, copied)
    equal(copied, whole)
