"""`workbench explain`: what the table shows is what the model does."""

import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from scipy.special import softmax

from tests.helpers.tiny_runs import SAMPLE
from workbench.cli.console import explanation_table
from workbench.core.documents import Document
from workbench.data.corpus import load_corpus
from workbench.data.windows.encode import encode
from workbench.inference.explain import Explained, explain_text
from workbench.models.classifier import load_classifier
from workbench.models.inference import infer
from workbench.runs.folder import Run, load_run


def cells(out: str) -> list[list[str]]:
    """The table's rows of cells, from the second line on."""
    return [line.split() for line in out.splitlines()[2:]]


def tokens_left(out: str) -> np.ndarray:
    """Numbers of the `tokens left` lines, summed over windows."""
    lines = [line.split()[2:] for line in out.splitlines() if line.strip().startswith("tokens left")]
    return np.array(lines, dtype=int).sum(axis=0)


def cut_alike(run: Run, document: Document) -> bool:
    """Whether the text's windows are the same when its rationale is not known."""
    _, tokenizer = load_classifier(run.model_folder("dense"))
    starts = []
    for spans in (document.rationale, None):
        encoding = encode(
            [replace(document, rationale=spans)], ["NEG", "POS"], tokenizer, run.config.data.max_tokens
        )
        starts.append([window.word_index.tolist() for window in encoding.windows])
    return starts[0] == starts[1]


def sample_text(text_id: str) -> str:
    return (SAMPLE / "docs" / text_id).read_text(encoding="utf-8")


@pytest.mark.parametrize("method", ["dense", "adapler", "top"])
def test_tokens_left_are_those_of_the_prediction(workbench, tiny, method):
    """Only texts that the windows cut the same way without knowing their rationale."""
    run = load_run(tiny.folder)
    rows = run.predictions.query("method == @method and split == 'test'").set_index("text_id")
    seen = 0
    for document in load_corpus(run.config.data).splits["test"]:
        if not cut_alike(run, document):
            continue
        seen += 1
        row = rows.loc[document.id]
        answer = workbench("explain", "--run", tiny.folder, "--method", method, sample_text(document.id))
        assert answer.code == 0
        assert row["predicted"] in answer.out.splitlines()[0]
        left, tokens = tokens_left(answer.out), row["tokens"]
        # ToP cuts in the middle: who passes a layer's cut is in the next one's self-attention.
        assert (left[:-1] == tokens[1:] if method == "top" else left == tokens).all()
    assert seen >= 2


@pytest.mark.parametrize("method", ["adapler", "top"])
def test_struck_out_tokens_are_those_the_packed_model_drops(tiny, method):
    model, tokenizer = load_classifier(tiny.folder / "models" / method)
    explained = explain_text(model, tokenizer, sample_text("wedding.txt"), max_tokens=64)
    (record,) = explained.records
    struck = []
    console = Console(record=True, width=200, force_terminal=True, color_system="standard")
    with console.capture() as captured:
        console.print(explanation_table(explained, record))
    for line in captured.get().splitlines()[2 : 2 + len(record.tokens)]:
        # The escape code 9 strikes out.
        parts = re.findall(r"\x1b\[([\d;]*)m([^\x1b]*)", line)
        marked = [text for codes, text in parts if "9" in codes.split(";") and text.strip()]
        struck.append(len(marked))
    assert record.kept is not None
    dropped = (~record.kept).sum(axis=0)
    # A token's own cell is struck out as well, once it is gone at the end.
    expected = dropped + ~record.kept[-1]
    assert struck == expected.tolist()
    assert dropped.sum() > 0
    from workbench.core.documents import Document
    from workbench.data.windows.encode import encode
    from workbench.data.words import split_words

    document = Document("t", tuple(split_words(sample_text("wedding.txt"))), model.labels[0])
    windows = encode([document], model.labels, tokenizer, 64).windows
    alone = infer(model, windows, execution="packed")
    assert record.kept.sum(axis=1).tolist() == alone.tokens_ffn[0].tolist()
    assert explained.probabilities[explained.predicted] == pytest.approx(softmax(alone.logits[0]).max())


def test_unknown_method_lists_those_there(workbench, copied):
    # What a killed save left behind is no method.
    (copied / "models" / ".adapler.x1y2").mkdir()
    answer = workbench("explain", "--run", copied, "--method", "pruned", "a fine film")
    assert answer.code == 2
    assert answer.error.endswith("no model 'pruned' (there: adapler, dense, top)")


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b\u200b", "\udcff\udcfe"])
def test_a_text_without_words_is_refused(workbench, tiny, text):
    answer = workbench("explain", "--run", tiny.folder, "--", text)
    assert answer.code == 2
    assert "text" in answer.error


def test_unknown_characters_are_shown_as_unknown(workbench, tiny):
    answer = workbench("explain", "--run", tiny.folder, "film 日本 ☃")
    assert answer.code == 0
    tokens = [row[0] for row in cells(answer.out)[:-1]]
    assert tokens[1] == "film"
    assert set(tokens[2:-1]) == {"[UNK]"}


def test_a_text_of_unknown_characters_only_is_refused(workbench, tiny):
    answer = workbench("explain", "--run", tiny.folder, "日本 語 ☃")
    assert answer.code == 2
    assert "knows no character of the text" in answer.error


def test_markup_in_a_text_is_shown_as_it_is(workbench, tiny):
    model, tokenizer = load_classifier(tiny.folder / "models" / "dense")
    tokenizer.add_tokens(["[bold]", "[/]", ":smile:"])
    explained = explain_text(model, tokenizer, "the film")
    (record,) = explained.records
    odd = type(record)(**{**vars(record), "tokens": ("[bold]", "[/]", ":smile:", "[/bold]")})
    from workbench.cli.terminal import OUT

    labels = {"[/]": 1.0}
    with OUT.capture() as captured:
        OUT.print(explanation_table(Explained("[/]", "[/] (1.000)", labels, (odd,)), odd))
    for shown in ("[bold]", "[/]", ":smile:", "[/bold]", "dense: [/] (1.000)"):
        assert shown in captured.get()
    answer = workbench("explain", "--run", tiny.folder, "[bold]film[/bold] and [/]")
    assert answer.code == 0
    assert "film" in [row[0] for row in cells(answer.out)]


def test_a_long_text_is_explained_in_windows_of_the_runs_length(workbench, tiny):
    answer = workbench("explain", "--run", tiny.folder, "the film is good . " * 10)
    assert answer.code == 0
    assert "window 1 of 2" in answer.out
    assert "window 2 of 2" in answer.out
    assert [row[0] for row in cells(answer.out)].count("film") == 10


def test_a_text_of_20000_words_is_explained(workbench, tiny):
    answer = workbench("explain", "--run", tiny.folder, "--method", "dense", "good film " * 10_000)
    assert answer.code == 0
    windows = re.findall(r"window (\d+) of (\d+)", answer.out)
    assert [int(number) for number, _ in windows] == list(range(1, len(windows) + 1))
    specials = 2 * len(windows)
    assert tokens_left(answer.out).tolist() == [20_000 + specials] * 3


def test_windows_explained_in_parts_agree_with_the_whole(tiny, monkeypatch):
    model, tokenizer = load_classifier(tiny.folder / "models" / "adapler")
    text = " ".join(sample_text(name) for name in ("wedding.txt", "western.txt", "war.txt"))
    whole = explain_text(model, tokenizer, text, max_tokens=32)
    monkeypatch.setattr("workbench.attribution.run.fitting_batch", lambda *_: 1)
    parts = explain_text(model, tokenizer, text, max_tokens=32)
    assert len(whole.records) > 3
    for one, other in zip(whole.records, parts.records, strict=True):
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-5)
        np.testing.assert_array_equal(one.kept, other.kept)
