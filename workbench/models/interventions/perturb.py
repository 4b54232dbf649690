"""Running a classifier on altered windows: tokens deleted or masked, or faded out in their embeddings.

The variants of many windows go through `infer` together, equal ones once, so that a text with hundreds
of them fills whole batches.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from workbench.core.documents import Window
from workbench.models.classifier import Output, PruningClassifier
from workbench.models.inference import collect, infer

POOL = 4096
"""Altered windows held at a time: memory for speed. 4,096 windows of 512 tokens are about 50 MB."""


def erase(window: Window, kept: np.ndarray, mask_id: int | None = None) -> Window:
    """The window without the tokens outside `kept` (n,) bool; special tokens always stay.

    They are deleted, so that the rest closes up and gets new positions, or with `mask_id` replaced by
    that token. The result knows no rationale.
    """
    stays = kept | (window.word_index < 0)
    if mask_id is not None:
        return replace(window, input_ids=np.where(stays, window.input_ids, mask_id), rationale=None)
    return replace(
        window,
        input_ids=window.input_ids[stays],
        token_type_ids=window.token_type_ids[stays],
        word_index=window.word_index[stays],
        rationale=None,
    )


def infer_erased(
    model: PruningClassifier,
    windows: Sequence[Window],
    kept: Iterable[np.ndarray],
    *,
    mask_id: int | None = None,
    batch_size: int = 32,
    pool: int = POOL,
) -> Iterator[np.ndarray]:
    """Class probabilities of every variant, one (variants, classes) array per window, in their order.

    `kept` yields a (variants, n) bool array per window, see `erase`. A variant that takes nothing away
    is the window itself, and variants of equal content share one run: their results are equal to the
    last bit. `batch_size` variants enter the model together, `pool` of them exist at a time.
    """
    waiting = _Pool(mask_id)
    for window, variants in zip(windows, kept, strict=True):
        waiting.add(window, variants)
        if len(waiting.altered) >= pool:
            yield from waiting.run(model, batch_size)
            waiting = _Pool(mask_id)
    yield from waiting.run(model, batch_size)


@dataclass
class _Pool:
    """Altered windows that will be run together, each different one once."""

    mask_id: int | None
    altered: list[Window] = field(default_factory=list)
    numbers: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    """Content of an altered window -> its place in `altered`."""
    places: list[np.ndarray] = field(default_factory=list)
    """Per original window: the place of each of its variants."""

    def add(self, window: Window, variants: np.ndarray) -> None:
        self.places.append(np.array([self._place(window, kept) for kept in variants], dtype=np.int64))

    def _place(self, window: Window, kept: np.ndarray) -> int:
        altered = erase(window, kept, self.mask_id)
        content = altered.input_ids.tobytes(), altered.token_type_ids.tobytes()
        place = self.numbers.setdefault(content, len(self.altered))
        if place == len(self.altered):
            self.altered.append(altered)
        return place

    def run(self, model: PruningClassifier, batch_size: int) -> Iterator[np.ndarray]:
        probabilities = model.task_type.answers(infer(model, self.altered, batch_size).logits)
        yield from (probabilities[places] for places in self.places)


def infer_faded(
    model: PruningClassifier,
    windows: Sequence[Window],
    shares: Iterable[np.ndarray],
    *,
    seed: int = 0,
    draws: int = 1,
    batch_size: int = 32,
    pool: int = POOL,
) -> Iterator[np.ndarray]:
    """Class probabilities with parts of the embeddings set to 0: (variants, classes) per window.

    `shares` yields a (variants, n) array in [0, 1] per window: every entry of token i's embedding
    output stays with probability shares[i], special tokens stay whole. Probabilities are means over
    `draws`; a draw depends on seed, text id, window and draw alone and is the same for all variants, so
    that they differ by their shares only. Source: Zhao and Aletras 2023 (soft perturbation).
    """
    faded: list[_Faded] = []
    counts: list[int] = []
    for window, variants in zip(windows, shares, strict=True):
        whole = np.where(window.word_index < 0, 1.0, variants).astype(np.float32)
        faded += [_Faded(window, share, draw) for share in whole for draw in range(draws)]
        counts.append(len(variants))
        if len(faded) >= pool:
            yield from _run_faded(model, faded, counts, seed, draws, batch_size)
            faded, counts = [], []
    if counts:
        yield from _run_faded(model, faded, counts, seed, draws, batch_size)


@dataclass(frozen=True)
class _Faded:
    """One draw of one variant of a window."""

    window: Window
    share: np.ndarray
    """(n,) float32."""
    draw: int

    def mask(self, seed: int, width: int) -> Tensor:
        """(n, H) bool: the entries of the embedding output that stay."""
        rng = self.window.generator(seed, self.draw)
        drawn = rng.random((len(self.share), width), dtype=np.float32)
        return torch.from_numpy(drawn < self.share[:, None])


def _run_faded(
    model: PruningClassifier,
    faded: Sequence[_Faded],
    counts: Sequence[int],
    seed: int,
    draws: int,
    batch_size: int,
) -> Iterator[np.ndarray]:
    """One (variants, classes) array for each of `counts`, the numbers of variants."""
    windows = [item.window for item in faded]

    def run(batch: list[int]) -> Output:
        hidden, layout = model.embed([windows[index] for index in batch], "packed")
        masks = [faded[index].mask(seed, hidden.shape[-1]) for index in batch]
        stacked = torch.nn.utils.rnn.pad_sequence(masks, batch_first=True).to(hidden.device)
        return model.classify(hidden * layout.gather_rows(stacked), layout)

    found = model.task_type.answers(collect(model, windows, batch_size, run).logits)
    means = found.reshape(-1, draws, found.shape[1]).mean(axis=1, dtype=np.float64)
    yield from np.split(means, np.cumsum(counts)[:-1])
