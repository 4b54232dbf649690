"""Run a classifier on altered windows: tokens deleted or masked, or their embeddings softly perturbed.

The variants of many windows go through the model together, equal ones once, so that a text with hundreds
of them fills whole batches.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from workbench.core.documents import Window
from workbench.models.classifier import PruningClassifier
from workbench.models.inference import Output, collect, infer

POOL = 4096
"""Altered windows held at a time: memory for speed. 4,096 windows of 512 tokens are about 50 MB."""


def delete_tokens(window: Window, kept: np.ndarray, mask_id: int | None = None) -> Window:
    """Return the window without some tokens, and without its rationale; special tokens always stay.

    Args:
        window: A window of n tokens.
        kept: (n,) bool: which tokens stay.
        mask_id: Id of the token that replaces the others. None deletes them: the rest closes up and gets
            new positions.
    """
    stays = kept | (window.word_index < 0)
    if mask_id is not None:
        return replace(
            window, input_ids=np.where(stays, window.input_ids, mask_id), rationale=None, shares=None
        )
    return replace(
        window, input_ids=window.input_ids[stays], token_type_ids=window.token_type_ids[stays],
        word_index=window.word_index[stays], rationale=None, shares=None,
    )  # fmt: skip


def infer_deletions(
    model: PruningClassifier,
    windows: Sequence[Window],
    kept: Iterable[np.ndarray],
    *,
    mask_id: int | None = None,
    batch_size: int = 32,
    pool: int = POOL,
) -> Iterator[np.ndarray]:
    """Yield class probabilities (variants, classes) per window, its variants made by `delete_tokens`.

    A variant that takes nothing away is the window itself, and variants of equal content share one run:
    their results are equal to the last bit.

    Args:
        model: The classifier.
        windows: The windows to alter.
        kept: Per window a (variants, n) bool array: which tokens stay.
        mask_id: As in `delete_tokens`.
        batch_size: Variants that enter the model together.
        pool: Variants that exist at a time.
    """
    variants: dict[tuple[bytes, bytes], Window] = {}
    contents: list[list[tuple[bytes, bytes]]] = []
    """Per window in the pool, the keys of its variants."""

    def run() -> Iterator[np.ndarray]:
        probabilities = model.task_type.answers(infer(model, list(variants.values()), batch_size).logits)
        place = {content: number for number, content in enumerate(variants)}
        yield from (probabilities[[place[content] for content in keys]] for keys in contents)

    for window, rows in zip(windows, kept, strict=True):
        altered = [delete_tokens(window, row, mask_id) for row in rows]
        keys = [(variant.input_ids.tobytes(), variant.token_type_ids.tobytes()) for variant in altered]
        for content, variant in zip(keys, altered, strict=True):
            variants.setdefault(content, variant)
        contents.append(keys)
        if len(variants) >= pool:
            yield from run()
            variants, contents = {}, []
    yield from run()


def infer_soft_perturbed(
    model: PruningClassifier,
    windows: Sequence[Window],
    shares: Iterable[np.ndarray],
    *,
    seed: int = 0,
    draws: int = 1,
    batch_size: int = 32,
    pool: int = POOL,
) -> Iterator[np.ndarray]:
    """Yield class probabilities (variants, classes) per window with parts of its embeddings set to 0.

    A draw depends on seed, text id, window and draw alone and is the same for all variants, so that they
    differ by their shares only. Source: Zhao and Aletras 2023 (soft perturbation).

    Args:
        model: The classifier.
        windows: The windows to alter.
        shares: Per window a (variants, n) array in [0, 1]: every entry of token i's embedding output
            stays with probability shares[i]; special tokens stay whole.
        seed: Decides the draws.
        draws: Draws over which probabilities are averaged.
        batch_size: Draws that enter the model together.
        pool: Draws that exist at a time.
    """
    items: list[tuple[Window, np.ndarray, int]] = []
    """Window, shares (n,) float32 and number of every draw of every variant in the pool."""
    counts: list[int] = []
    """Per window in the pool, the number of its variants."""

    def run_batch(batch: list[int]) -> Output:
        hidden, layout = model.embed([items[index][0] for index in batch], "packed")
        masks = []
        for window, share, draw in (items[index] for index in batch):
            drawn = window.generator(seed, draw).random((len(share), hidden.shape[-1]), dtype=np.float32)
            masks.append(torch.from_numpy(drawn < share[:, None]))
        stacked = pad_sequence(masks, batch_first=True).to(hidden.device)
        return model.classify(hidden * layout.gather_rows(stacked), layout)

    def run() -> Iterator[np.ndarray]:
        logits = collect(model, [window for window, _, _ in items], batch_size, run_batch).logits
        answers = model.task_type.answers(logits)
        means = answers.reshape(-1, draws, answers.shape[1]).mean(axis=1, dtype=np.float64)
        yield from np.split(means, np.cumsum(counts)[:-1])

    for window, variants in zip(windows, shares, strict=True):
        whole = np.where(window.word_index < 0, 1.0, variants).astype(np.float32)
        items += [(window, share, draw) for share in whole for draw in range(draws)]
        counts.append(len(variants))
        if len(items) >= pool:
            yield from run()
            items, counts = [], []
    if counts:
        yield from run()
