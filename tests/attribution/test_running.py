"""Batches, memory, failures, units."""

from functools import partial

import numpy as np
import pytest
import torch
from transformers import BertTokenizerFast

from tests.helpers.extra_scorers import extra_scorer
from tests.helpers.tokenizers import byte_level_tokenizer
from tests.helpers.toys import RAGGED, texts, toy_tokenizer, window
from workbench.attribution.callbacks import Events
from workbench.attribution.engine.task import Task
from workbench.attribution.ops.pooling import groups, pool
from workbench.attribution.options import Options
from workbench.attribution.run import score_windows
from workbench.attribution.types import Scored
from workbench.core.documents import Document
from workbench.data.windows.encode import encode
from workbench.data.windows.token_texts import token_texts
from workbench.errors import WorkbenchError

WINDOWS = texts(RAGGED)


class Kept(Events):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.failures: list[tuple[str, str, list[int]]] = []
        self.done: list[int] = []

    def progress(self, windows: int) -> None:
        self.done.append(windows)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def failed(self, scorer, window, layers) -> None:
        self.failures.append((scorer, window.text_id, list(layers)))


def flat(task: Task, fails: str = "", most: int = 100) -> list[Scored]:
    """1 everywhere; NaN on a word of the text `fails`, layer 2; out of memory above `most` windows."""
    if len(task.windows) > most:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
    found = [Scored(np.ones((task.model.layers, len(w.input_ids)), np.float32)) for w in task.windows]
    for one, item in zip(task.windows, found, strict=True):
        if one.text_id == fails:
            item.scores[2, 1] = np.nan
    return found


def run(make_model, score, options: Options | None = None):
    events = Kept()
    with extra_scorer("flat", score):
        found = list(score_windows(["flat"], make_model(), toy_tokenizer(), WINDOWS, options, events))
    return found, events


def test_nan_names_the_text_and_the_run_goes_on(make_model) -> None:
    found, events = run(make_model, partial(flat, fails="t3"))
    assert len(found) == len(WINDOWS)
    assert events.failures == [("flat", "t3", [2])]
    (failed,) = [record for record in found if record.text_id == "t3"]
    assert np.isnan(failed.scores[2]).all()
    assert (failed.scores[[0, 1, 3]] == 1).all()


def test_running_out_of_memory_halves_the_batch_and_says_so(make_model) -> None:
    found, events = run(make_model, partial(flat, most=3))
    assert {record.text_id for record in found} == {w.text_id for w in WINDOWS}
    assert events.notes[0] == "out of memory: batch halved from 8 to 4 windows"
    assert events.done[-1] == len(WINDOWS)


def test_a_window_too_large_by_itself_is_named(make_model) -> None:
    with pytest.raises(WorkbenchError, match="text 't3': out of memory"):
        run(make_model, partial(flat, most=0))


def test_other_errors_are_not_swallowed(make_model) -> None:
    def broken(task: Task) -> list[Scored]:
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        run(make_model, broken)


def test_the_memory_budget_makes_batches_of_long_texts_smaller(make_model) -> None:
    model, sizes = make_model(), []
    model.backbone.layers[0].query.register_forward_hook(
        lambda module, args, output: sizes.append(len(args[0]))
    )
    long = texts([60] * 6)
    list(score_windows(["attention"], model, toy_tokenizer(), long, Options(memory_mb=1)))
    assert len(sizes) > 1
    assert sum(sizes) == 6


def test_seconds_are_told(make_model) -> None:
    found = list(score_windows(["alti", "saliency"], make_model(), toy_tokenizer(), WINDOWS))
    assert all(record.seconds > 0 for record in found)


def test_units_by_hand() -> None:
    # a b . | . c !   with "a b" two tokens of one word, and a second text of one word.
    text = window([2, 5, 6, 7, 7, 8, 7, 3, 9, 3])
    text.word_index[:] = [-1, 0, 0, 1, 2, 3, 4, -1, 5, -1]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##b", ".", "c", "d"]
    tokenizer = BertTokenizerFast(vocab={piece: index for index, piece in enumerate(pieces)})
    assert groups(text, tokenizer, "token").tolist() == [-1, 0, 1, 2, 3, 4, 5, -1, 6, -1]
    assert groups(text, tokenizer, "word").tolist() == [-1, 0, 0, 1, 2, 3, 4, -1, 5, -1]
    assert groups(text, tokenizer, "sentence").tolist() == [-1, 0, 0, 0, 0, 1, 1, -1, 2, -1]
    scores = np.array([[9, 1, 2, np.nan, 4, 5, 6, 9, 7, 9]], dtype=np.float32)
    words = pool(scores, text, tokenizer, "word")[0]
    np.testing.assert_array_equal(words, [9, 3, 3, np.nan, 4, 5, 6, 9, 7, 9])
    sentences = pool(scores, text, tokenizer, "sentence")[0]
    np.testing.assert_array_equal(sentences, [9, 7, 7, np.nan, 7, 11, 11, 9, 7, 9])


def test_sentences_of_byte_level_tokens() -> None:
    # The full stop goes on with its word, and the mark of a space alone closes no sentence.
    tokenizer = byte_level_tokenizer(prefix_space=True)
    one = Document("t", ("great", "film.", "京", "is", "it"), "pos")
    (text,) = encode([one], ("neg", "pos"), tokenizer, 64).windows
    assert token_texts(text, tokenizer) == (
        "<s>", "great", "film", "##.", "", "##京", "##", "##", "is", "it", "</s>",
    )  # fmt: skip
    assert groups(text, tokenizer, "sentence").tolist() == [-1, 0, 0, 0, *[1] * 6, -1]
    assert groups(text, tokenizer, "word").tolist() == [-1, 0, 1, 1, 2, 2, 2, 2, 3, 4, -1]


def test_value_zeroing_equals_a_model_whose_value_is_zeroed(make_model) -> None:
    model, (text,) = make_model(), texts([6])
    layer = model.backbone.layers[1]
    (record,) = score_windows(["value-zeroing"], model, toy_tokenizer(), [text])

    def left(position: int | None) -> torch.Tensor:
        found = []

        def zero(module, args, output):
            return output if position is None else output.index_fill(1, torch.tensor([position]), 0.0)

        hooks = [
            layer.value.register_forward_hook(zero),
            layer.second_norm.register_forward_hook(
                lambda module, args, output: found.append(output[0])
            ),
        ]
        with torch.no_grad():
            model([text])
        for hook in hooks:
            hook.remove()
        return found[0]

    whole = left(None)
    changes = torch.stack(
        [1 - torch.nn.functional.cosine_similarity(left(j), whole, dim=-1) for j in range(6)], dim=1
    )
    expected = (changes / changes.sum(1, keepdim=True)).mean(0)
    np.testing.assert_allclose(record.scores[1], expected, atol=1e-5)
