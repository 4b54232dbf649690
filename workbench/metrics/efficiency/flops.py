"""Floating-point operations of an encoder in closed form: the matrix products, and only those.

Counted, at two FLOPs per multiply-add: the query, key, value and output projections, the two products
of self-attention, the two feed-forward products, a method's token predictors, pooler and classifier.
Further products of some families are counted as well: gates of the feed-forward part, content with
relative positions, narrow embeddings brought to full width. Not counted: embedding look-ups, biases,
norms, softmax, activations, sorting and thresholding, and what depends on weights alone (DeBERTa's
projections of relative positions). This is what `torch.utils.flop_counter` counts as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.core.documents import Window


@dataclass(frozen=True)
class Shape:
    """The sizes of a classifier on which its cost depends."""

    layers: int
    hidden: int
    intermediate: int
    classes: int
    pooler: bool = True
    """Whether [CLS] passes through an H x H layer before the classifier."""
    feed_forward_products: int = 2
    """Products of H x intermediate per token: 3 where the feed-forward part is gated."""
    position_products: int = 0
    """Multiply-adds per token and layer for attention to relative positions."""
    query_position_products: int = 0
    """Those of them that queries take part in."""
    embedding_products: int = 0
    """Multiply-adds per token that bring narrow embeddings to the width of the layers."""
    token_head: int = 0
    """Multiply-adds per token of a head that reads all tokens, the dropped ones too; 0: it reads one
    state for the text."""
    pools_cls: bool = True
    """Whether the logits depend on [CLS] alone, and not on all tokens of the last layer."""

    def layers_multiply_adds(self, attended: Any, fed: Any) -> Any:
        """Return the multiply-adds of layers, numbers or arrays of any library as they come in.

        Args:
            attended: Tokens in self-attention.
            fed: Tokens in the feed-forward part.
        """
        attention = attended * (4 * self.hidden**2 + self.position_products)
        attention = attention + 2 * attended**2 * self.hidden
        return attention + self.feed_forward_products * fed * self.hidden * self.intermediate


@dataclass(frozen=True)
class Costs:
    """What a classifier's windows cost, and the dense model's that speed-ups compare with."""

    shape: Shape
    """Its own sizes."""
    dense: Shape
    """The dense model's: the same, or those of a student's teacher."""
    predictors: tuple[int, ...]
    """By layer: multiply-adds of the method's token predictor per token that enters."""
    cuts_after_attention: bool = False
    """Whether layers drop tokens after their self-attention instead of at their entry."""

    def of_windows(
        self, windows: Sequence[Window], tokens: np.ndarray, tokens_ffn: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Count FLOPs of each window, and of the dense model on it: (W,) each.

        Args:
            windows: W windows.
            tokens: (W, layers): tokens in each layer's self-attention.
            tokens_ffn: The same in its feed-forward part; None: as many.
        """
        lengths = np.array([len(window.input_ids) for window in windows])
        flops = text_flops(
            tokens, self.shape, tokens_ffn=tokens_ffn, predictors=np.array(self.predictors),
            lengths=lengths,
        )  # fmt: skip
        return flops, dense_flops(lengths, self.dense)

    def computed(
        self, windows: Sequence[Window], tokens: np.ndarray, tokens_ffn: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Count FLOPs of each window, and of the dense model on it, where the last layer computes what
        [CLS] needs alone: (W,) each.

        Args:
            windows, tokens, tokens_ffn: As of `of_windows`.
        """
        own, dense = self.of_windows(windows, tokens, tokens_ffn)
        lengths = np.array([len(window.input_ids) for window in windows])
        unneeded = unneeded_flops(
            tokens[:, -1], tokens_ffn[:, -1], self.shape, cuts_after_attention=self.cuts_after_attention
        )
        return own - unneeded, dense - unneeded_flops(lengths, lengths, self.dense)


def text_flops(
    tokens: np.ndarray,
    shape: Shape,
    *,
    tokens_ffn: np.ndarray | None = None,
    predictors: np.ndarray | int = 0,
    lengths: np.ndarray | None = None,
) -> np.ndarray:
    """Return the FLOPs of each text (window) run alone, without padding: (texts,) int64.

    Source: the counts of AdapLeR's and ToP's authors. ValueError on shapes that do not fit.

    Args:
        tokens: (texts, layers): tokens in each layer's self-attention, special tokens included.
        shape: The model's.
        tokens_ffn: Those in its feed-forward part where a method cuts in between; default: the same.
        predictors: One int or (layers,) ints: multiply-adds of a layer's own token predictor per token.
            It reads the tokens that *enter* its layer, before the cut: the previous layer's, and for
            layer 0 all `lengths`.
        lengths: (texts,): needed with predictors, narrow embeddings and heads on all tokens.
    """
    attention = _counts(tokens, shape)
    feed_forward = attention if tokens_ffn is None else _counts(tokens_ffn, shape)
    if attention.shape != feed_forward.shape:
        raise ValueError(f"tokens {attention.shape} and tokens_ffn {feed_forward.shape} differ")
    hidden = shape.hidden
    multiply_adds = shape.layers_multiply_adds(attention, feed_forward).sum(axis=1)
    if not shape.token_head:
        # Pooler and classifier, once per text, on [CLS].
        multiply_adds += hidden**2 * shape.pooler + hidden * shape.classes
    if np.any(predictors) or shape.embedding_products or shape.token_head:
        if lengths is None:
            raise ValueError("products per token need the texts' full lengths")
        full = np.asarray(lengths, dtype=np.int64)
        if full.shape != attention.shape[:1]:
            raise ValueError(f"lengths {full.shape} do not fit {len(attention)} texts")
        entering = np.column_stack([full, feed_forward[:, :-1]])
        multiply_adds += (entering * np.asarray(predictors, dtype=np.int64)).sum(axis=1)
        multiply_adds += full * (shape.embedding_products + shape.token_head)
    return 2 * multiply_adds


def unneeded_flops(
    attended: np.ndarray, fed: np.ndarray, shape: Shape, *, cuts_after_attention: bool = False
) -> np.ndarray:
    """Return the FLOPs of the last layer that a classifier's logits do not depend on: (texts,) int64.

    [CLS] alone is read there, so that the other tokens need neither query nor output projection nor
    feed-forward part, only keys and values. `text_flops` counts them, as the papers do.

    Args:
        attended: (texts,): tokens in the last layer's self-attention.
        fed: (texts,): those in its feed-forward part.
        shape: The model's.
        cuts_after_attention: Whether the cut reads the whole self-attention, which is then needed.
    """
    attended, fed = (np.asarray(counts, dtype=np.int64) for counts in (attended, fed))
    if not shape.pools_cls:
        return np.zeros_like(fed)
    multiply_adds = shape.feed_forward_products * (fed - 1) * shape.hidden * shape.intermediate
    if not cuts_after_attention:
        multiply_adds += 2 * (attended - 1) * (shape.hidden**2 + attended * shape.hidden)
        multiply_adds += (attended - 1) * shape.query_position_products
    return 2 * multiply_adds


def dense_flops(lengths: np.ndarray, shape: Shape) -> np.ndarray:
    """Return the unpruned model's FLOPs of texts of `lengths` (texts,) tokens: (texts,) int64."""
    tokens = np.repeat(np.asarray(lengths, dtype=np.int64)[:, None], shape.layers, axis=1)
    return text_flops(tokens, shape, lengths=lengths)


def padded_flops(lengths: np.ndarray, batch_size: int, shape: Shape) -> np.ndarray:
    """Return the dense FLOPs of batches whose texts are padded to the longest: (batches,) int64.

    Args:
        lengths: (texts,), in the order in which they are batched.
        batch_size: At least 1; the last batch may be smaller and counts with its own size.
        shape: The dense model's.
    """
    if batch_size < 1:
        raise ValueError(f"batch size must be at least 1, not {batch_size}")
    lengths = np.asarray(lengths, dtype=np.int64)
    starts = np.arange(0, len(lengths), batch_size)
    sizes = np.diff(starts, append=len(lengths))
    return sizes * dense_flops(np.maximum.reduceat(lengths, starts), shape)


def speedup_unpadded(dense: np.ndarray, method: np.ndarray) -> float:
    """Return dense FLOPs / the method's, summed over texts at their own length (AdapLeR, TR-BERT).

    Both (texts,), over the same texts; ValueError if they differ in number or are empty.
    """
    if np.shape(dense) != np.shape(method) or not np.size(method):
        raise ValueError(f"FLOPs of {np.shape(dense)} dense and {np.shape(method)} pruned texts")
    return float(np.sum(dense) / np.sum(method))


def _counts(tokens: np.ndarray, shape: Shape) -> np.ndarray:
    counts = np.asarray(tokens)
    if counts.ndim != 2 or counts.shape[1] != shape.layers:
        raise ValueError(f"token counts {counts.shape} are not (texts, {shape.layers} layers)")
    return counts.astype(np.int64)
