"""The page: complete, self-contained, escaped, and honest about what is missing."""

import shutil
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from tests.helpers.fake_run import SCRIPT
from workbench.errors import InputError, WorkbenchError
from workbench.reporting.pages import run as report
from workbench.reporting.pages.run import write_report
from workbench.reporting.text.summary import quality_loss, summary_sentences
from workbench.runs.tables import read_run_data

VOID = {"meta", "img", "br"}


class Checker(HTMLParser):
    """Collects the tags and insists that they nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(finished_run: Path) -> str:
    return (finished_run / "report.html").read_text(encoding="utf-8")


def test_tags_nest_and_nothing_is_fetched(page: str) -> None:
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    tags = [tag for tag, _ in checker.seen]
    assert "script" not in tags
    assert "link" not in tags
    images = [attrs["src"] or "" for tag, attrs in checker.seen if tag == "img"]
    assert len(images) == 5
    assert all(image.startswith("data:image/png;base64,") for image in images)
    assert "http" not in page.replace("data:image/png;base64,", "")[:3000]


def test_hostile_strings_are_escaped_everywhere(page: str) -> None:
    assert SCRIPT not in page
    assert page.count("&lt;script&gt;") > 5


@pytest.mark.usefixtures("quick_figures")
def test_latex_and_csv_survive_hostile_names(fresh_run: Path) -> None:
    path = fresh_run / "metrics" / "classification.parquet"
    frame = pd.read_parquet(path).replace({"method": {"top": "ev_il & $\\bad$"}})
    frame.to_parquet(path)
    write_report(fresh_run)
    latex = (fresh_run / "tables" / "main.tex").read_text(encoding="utf-8")
    assert r"ev\_il \& \$\textbackslash{}bad\$ & 24" in latex
    assert "ev_il & $\\bad$" in pd.read_csv(fresh_run / "tables" / "main.csv")["method"].tolist()


def test_the_proxy_is_named_at_the_top(page: str) -> None:
    assert page.index("The rationales are a proxy") < page.index("Summary")


def test_examples_drop_their_tokens(page: str) -> None:
    examples = page[page.index("<h2>Examples") : page.index("<h2>What was left out")]
    assert examples.count("<h3>") == 6
    assert examples.count("layer 5</b>") == 12
    assert 'class="gone"' in examples
    assert "token marked" in examples


def test_notes_and_settings_are_there(page: str) -> None:
    assert "2 texts were empty and left out" in page
    assert "max_grad_norm: 1.0" in page
    assert "windows_dropped" in page


def test_summary_says_what_the_numbers_say(finished_run: Path) -> None:
    run = read_run_data(finished_run)
    sentences = summary_sentences(run)
    loss = quality_loss(run, "adapler")
    assert loss is not None
    accuracy = run.metrics["classification"].query("metric == 'accuracy'").set_index("method")["value"]
    assert loss.value == pytest.approx(accuracy["dense"] - accuracy["adapler"])
    adapler = next(s for s in sentences if s.startswith("AdapLeR"))
    assert f"{100 * loss.value:.1f} points below dense" in adapler
    assert "2.60 times fewer FLOPs (unpadded)" in adapler
    assert "at batch 32" in adapler
    predictor = next(s for s in sentences if s.startswith("contribution predictor"))
    assert "beats random on average precision: above it in 6 of 6 layers" in predictor
    assert any("mean of 5 draws" in s for s in sentences)


def test_summary_says_where_a_model_has_learned_nothing(fresh_run: Path) -> None:
    told = "for every text: it has not learned the task"
    assert not any(told in s for s in summary_sentences(read_run_data(fresh_run)))
    path = fresh_run / "predictions.parquet"
    frame = pd.read_parquet(path).astype({"predicted": str})
    one = frame["label"].astype(str).iloc[0]
    frame.loc[frame["method"] == "dense", "predicted"] = one
    frame.to_parquet(path)
    (sentence,) = [s for s in summary_sentences(read_run_data(fresh_run)) if told in s]
    assert sentence.startswith("dense")
    assert f"It predicts {one} for every text" in sentence


def test_summary_admits_a_scorer_below_random(fresh_run: Path) -> None:
    path = fresh_run / "metrics" / "plausibility.parquet"
    frame = pd.read_parquet(path)
    mine = (frame["scorer"] == "saliency") & (frame["metric"] == "ap")
    frame.loc[mine, ["value", "ci_low", "ci_high"]] = 0.01
    frame.to_parquet(path)
    sentences = summary_sentences(read_run_data(fresh_run))
    assert any(s.startswith("saliency on dense does not beat random") for s in sentences)


def test_holms_p_decides_where_it_was_computed(fresh_run: Path) -> None:
    rows = pd.DataFrame(
        {"scorer": "cp", "method": "adapler", "split": "test", "layer": range(6), "unit": "token",
         "universe": "with-evidence", "metric": "ap", "difference": 0.1,
         "p_holm": [0.01, 0.2, 0.2, 0.2, 0.2, 0.2]}
    )  # fmt: skip
    rows.to_parquet(fresh_run / "metrics" / "comparisons.parquet")
    sentences = summary_sentences(read_run_data(fresh_run))
    mine = next(s for s in sentences if s.startswith("contribution predictor"))
    assert "partly beats" in mine
    assert "1 of 6 layers (paired test, Holm p < 0.05)" in mine


@pytest.mark.parametrize(
    "gone",
    [
        "config.yaml", "environment.json", "predictions.parquet", "scores",
        "metrics/classification.parquet", "metrics/plausibility.parquet", "metrics/efficiency.parquet",
        "metrics",
    ],
)  # fmt: skip
@pytest.mark.usefixtures("quick_figures")
def test_missing_parts_are_named(fresh_run: Path, gone: str) -> None:
    path = fresh_run / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    text = write_report(fresh_run).read_text(encoding="utf-8")
    assert "not there" in text or "is empty" in text


def test_a_run_with_nothing_but_predictions(fresh_run: Path) -> None:
    for name in ("metrics", "scores"):
        shutil.rmtree(fresh_run / name)
    text = write_report(fresh_run).read_text(encoding="utf-8")
    assert text.count("Missing:") == 5
    assert (fresh_run / "figures" / "tokens.png").exists()


def test_what_is_no_run_is_refused(tmp_path: Path, fresh_run: Path) -> None:
    with pytest.raises(InputError, match="no such run folder"):
        write_report(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="not a run folder"):
        write_report(tmp_path / "empty")
    (fresh_run / "metrics" / "efficiency.parquet").write_bytes(b"torn")
    with pytest.raises(InputError, match=r"efficiency\.parquet: cannot be read"):
        write_report(fresh_run)
    pd.DataFrame({"method": ["a"]}).to_parquet(fresh_run / "metrics" / "efficiency.parquet")
    with pytest.raises(InputError, match=r"lacks the column\(s\) split, quantity"):
        write_report(fresh_run)


@pytest.mark.usefixtures("quick_figures")
def test_csv_metrics_serve_where_parquet_is_missing(fresh_run: Path) -> None:
    for path in (fresh_run / "metrics").glob("*.parquet"):
        pd.read_parquet(path).to_csv(path.with_suffix(".csv"), index=False)
        path.unlink()
    text = write_report(fresh_run).read_text(encoding="utf-8")
    assert "is not there" not in text
    assert "2.60 times fewer FLOPs" in text


@pytest.mark.usefixtures("quick_figures")
def test_a_full_disk_leaves_the_old_page(fresh_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (fresh_run / "report.html").write_text("old", encoding="utf-8")

    def full(path: Path, text: str) -> None:
        raise WorkbenchError(f"cannot write {path}: No space left on device")

    monkeypatch.setattr(report, "write_text", full)
    with pytest.raises(WorkbenchError, match="No space left"):
        write_report(fresh_run)
    assert (fresh_run / "report.html").read_text(encoding="utf-8") == "old"
