"""The padded and the packed layout answer every question alike."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.toys import RAGGED, texts
from workbench.models.layouts import Packed, Padded

LENGTHS = st.lists(st.integers(2, 12), min_size=1, max_size=6)
FEW = settings(max_examples=25, deadline=None, derandomize=True)


def both(lengths: list[int]) -> tuple[Padded, Packed]:
    windows = texts(lengths)
    return Padded.from_windows(windows)[0], Packed.from_windows(windows)[0]


def packed_like(values: torch.Tensor, packed: Packed) -> torch.Tensor:
    """(B, N, ...) -> (1, T, ...): the same token values where the packed layout has them."""
    return values[packed.order[packed.place_of], packed.positions][None]


def dropped(lengths: list[int], seed: int) -> tuple[Padded, Packed]:
    """Both layouts after the same two random cuts."""
    padded, packed = both(lengths)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(2):
        keep = torch.rand(padded.alive.shape, generator=generator) < 0.7
        _, padded = padded.drop(keep[..., None], keep)
        kept = packed_like(keep, packed)
        _, packed = packed.drop(kept[..., None], kept)
    return padded, packed


@FEW
@given(LENGTHS, st.integers(0, 99))
def test_layouts_agree_after_cuts(lengths: list[int], seed: int) -> None:
    padded, packed = dropped(lengths, seed)
    values = torch.rand(padded.alive.shape, generator=torch.Generator().manual_seed(seed))
    mine = packed_like(values, packed)

    torch.testing.assert_close(packed.to_padded(mine, -1.0), padded.to_padded(values, -1.0))
    torch.testing.assert_close(
        packed.to_padded(packed.softmax(mine), 0.0), padded.to_padded(padded.softmax(values), 0.0)
    )
    assert packed.to_padded(packed.rank(mine), -9).equal(padded.to_padded(padded.rank(values), -9))
    counts = padded.count().expand_as(values)
    assert packed.to_padded(packed.count(), 0).equal(padded.to_padded(counts, 0))
    assert packed.to_padded(packed.is_cls, False).equal(padded.to_padded(padded.is_cls, False))
    assert packed.text_lengths().equal(padded.text_lengths())
    assert packed.cls_states(mine[..., None]).equal(padded.cls_states(values[..., None]))
    assert list(packed.lengths) == sorted(padded.text_lengths().tolist())
    assert padded.alive[:, 0].all()


@FEW
@given(LENGTHS, st.integers(0, 99))
def test_attention_agrees_and_padding_takes_no_part(lengths: list[int], seed: int) -> None:
    padded, packed = dropped(lengths, seed)
    generator = torch.Generator().manual_seed(seed)
    # Garbage in padded and dropped places must not matter.
    values = torch.randn(3, len(lengths), padded.alive.shape[1], 2, 4, generator=generator)
    per_head = [part.transpose(1, 2) for part in values]
    mine = [packed_like(part, packed).transpose(1, 2) for part in values]
    for need in ("nothing", "received", "to-self"):
        output, attention = padded.attend(*per_head, 0.5, 0.0, need)
        other, seen = packed.attend(*mine, 0.5, 0.0, need)
        flat = packed.to_padded(other.flatten(2)[..., 0], 0.0)
        torch.testing.assert_close(flat, padded.to_padded(output.flatten(2)[..., 0], 0.0))
        assert (seen.received is None) == (attention.received is None) == (need == "nothing")
        assert (seen.to_self is None) == (attention.to_self is None) == (need != "to-self")
        if need != "nothing":
            placed = packed.to_padded(seen.received, 0.0)
            torch.testing.assert_close(placed, attention.received)
            torch.testing.assert_close(placed.sum(1), torch.ones(len(lengths)))
        if need == "to-self":
            _, whole = padded.attend(*per_head, 0.5, 0.0, "probabilities")
            own = whole.probabilities.mean(1).diagonal(dim1=1, dim2=2)
            own = own * padded.alive / padded.alive.sum(1, keepdim=True)
            for to_self in (packed.to_padded(seen.to_self, 0.0), attention.to_self, whole.to_self):
                torch.testing.assert_close(to_self, own)


def test_rank_by_hand_with_ties_to_the_earlier_token() -> None:
    padded, packed = both([5, 3])
    scores = torch.tensor([[0.0, 0.2, 0.7, 0.2, 0.9], [1.0, 0.1, 0.4, 9.0, 9.0]])
    assert padded.rank(scores)[0].tolist() == [-1, 2, 1, 3, 0]
    assert padded.rank(scores)[1, :3].tolist() == [-1, 1, 0]
    assert packed.rank(packed_like(scores, packed))[0].tolist() == [-1, 1, 0, -1, 2, 1, 3, 0]


def test_packed_inputs_restart_positions_in_every_text() -> None:
    windows = texts([4, 2, 3])
    layout, inputs = Packed.from_windows(windows)
    assert inputs.position_ids.tolist() == [[0, 1, 0, 1, 2, 0, 1, 2, 3]]
    expected = np.concatenate([windows[index].input_ids for index in (1, 2, 0)])
    assert inputs.input_ids[0].tolist() == expected.tolist()
    assert layout.lengths == (2, 3, 4)


def test_padded_inputs_fill_up_with_zeros() -> None:
    windows = texts([4, 2])
    layout, inputs = Padded.from_windows(windows)
    assert layout.alive.tolist() == [[True] * 4, [True, True, False, False]]
    assert inputs.input_ids[1].tolist() == [*windows[1].input_ids.tolist(), 0, 0]
    assert inputs.token_type_ids[0].tolist() == windows[0].token_type_ids.tolist()
    assert inputs.token_type_ids[0].sum() > 0


def test_cls_stays_whatever_a_policy_says() -> None:
    for layout in both(list(RAGGED)):
        nobody = torch.zeros_like(layout.is_cls)
        _, left = layout.drop(nobody[..., None], nobody)
        assert left.text_lengths().tolist() == [1] * len(RAGGED)


def test_drop_leaves_the_layout_before_it_untouched() -> None:
    for layout in both([4, 6]):
        nobody = torch.zeros_like(layout.is_cls)
        layout.drop(nobody[..., None], nobody)
        assert layout.text_lengths().tolist() == [4, 6]


def test_dropped_rows_of_hidden_are_gathered_not_mixed() -> None:
    padded, packed = dropped(list(RAGGED), 3)
    _, full = both(list(RAGGED))
    marks = torch.arange(len(RAGGED))[:, None] * 100 + torch.arange(padded.alive.shape[1])
    keep = packed_like(padded.alive, full)
    hidden, layout = full.drop(packed_like(marks, full)[..., None], keep)
    expected = marks.masked_fill(~padded.alive, -1)
    assert layout.to_padded(hidden[..., 0], -1).equal(expected)
    assert layout.text_lengths().equal(packed.text_lengths())


def test_packed_attention_probabilities_are_an_error_not_an_empty_result() -> None:
    _, packed = both([3])
    part = torch.zeros(1, 2, 3, 4)
    with pytest.raises(ValueError, match="padded layout"):
        packed.attend(part, part, part, 1.0, 0.0, "probabilities")


def test_soft_times_multiplies_what_is_left_and_spares_cls() -> None:
    padded, _ = both([4, 2])
    soft = padded.soft_times(torch.full((2, 4), 0.5))
    assert soft.tolist() == [[1, 0.5, 0.5, 0.5], [1, 0.5, 0, 0]]
    assert replace(padded, soft=soft).soft_times(torch.full((2, 4), 0.5))[0].tolist() == [
        1,
        0.25,
        0.25,
        0.25,
    ]


@pytest.mark.parametrize("need", ["nothing", "received"])
def test_gated_attention_to_ones_and_zeros_is_attention_without_the_zeros(need: str) -> None:
    padded, _ = both([6, 4])
    keep = torch.tensor([[True, False, True, True, False, True]] * 2)
    generator = torch.Generator().manual_seed(0)
    parts = torch.randn(3, 2, 2, 6, 4, generator=generator)
    _, dropped = padded.drop(keep, keep)
    gated = replace(padded, soft=padded.soft_times(keep.float()), gated=True)
    output, _ = gated.attend(*parts, 0.5, 0.0, need)
    expected, _ = dropped.attend(*parts, 0.5, 0.0, need)
    torch.testing.assert_close(output[padded.alive], expected[padded.alive])


def test_gated_attention_has_a_gradient_where_the_gate_is_closed() -> None:
    padded, _ = both([3])
    soft = torch.tensor([[1.0, 0.0, 1.0]], requires_grad=True)
    parts = torch.randn(3, 1, 1, 3, 4, generator=torch.Generator().manual_seed(0))
    output, _ = replace(padded, soft=soft, gated=True).attend(*parts, 0.5, 0.0, "nothing")
    (gradient,) = torch.autograd.grad(output[0, 0, 0, 0], soft)
    # d out / d gate_j = p_j (v_j - out) over the open gates' probabilities.
    q, k, v = parts[:, 0, 0]
    weights = (0.5 * q[0] @ k.T).exp()
    total = weights[[0, 2]].sum()
    mixed = (weights[[0, 2]] @ v[[0, 2]]) / total
    torch.testing.assert_close(gradient[0, 1], weights[1] / total * (v[1, 0] - mixed[0]))
