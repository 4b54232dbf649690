"""The closed form of a model's FLOPs against torch's counter on the packed run of one text."""

import numpy as np
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from tests.helpers.toys import KEEP_ALL, METHODS, MOVED, texts
from workbench.models.kernels.onednn import linear_kernels


@pytest.mark.parametrize("method", METHODS + MOVED)
@pytest.mark.parametrize("length", [2, 9, 24])
@pytest.mark.parametrize("cls_only", [False, True])
def test_window_flops_equal_torchs_counter(make_model, method: str, length: int, cls_only: bool) -> None:
    model, windows = make_model(method), texts([length])
    # The counter knows neither the fused attention kernel of CPUs nor oneDNN; the plain ones it does.
    with (
        torch.no_grad(),
        linear_kernels("stock"),
        sdpa_kernel(SDPBackend.MATH),
        FlopCounterMode(display=False) as counter,
    ):
        # Whoever asks for every token's state gets the whole last layer, which is what papers count.
        output = model(windows, **({} if cls_only else {"show": "nothing"}))
    told = windows, output.tokens.numpy(), output.tokens_ffn.numpy()
    own, dense = model.costs.computed(*told) if cls_only else model.costs.of_windows(*told)
    assert own.tolist() == [counter.get_total_flops()]
    if method == "dense":
        assert own.tolist() == dense.tolist()
    elif method not in KEEP_ALL and length > 2:
        assert output.tokens[0, -1] < length


def test_cost_counts_each_window_by_itself(make_model) -> None:
    model, windows = make_model("adapler"), texts([5, 12])
    with torch.no_grad():
        tokens = model(windows).tokens.numpy()
    own, dense = model.costs.of_windows(windows, tokens)
    for row, window in enumerate(windows):
        alone, alone_dense = model.costs.of_windows([window], tokens[row : row + 1])
        assert (own[row], dense[row]) == (alone[0], alone_dense[0])


def test_a_cut_behind_attention_is_cheaper_by_the_feed_forward_part(make_model) -> None:
    windows, tokens = texts([6]), np.array([[6, 4, 4, 2]])
    same, _ = make_model("powerbert").costs.of_windows(windows, tokens)
    fewer, _ = make_model("powerbert").costs.of_windows(windows, tokens, np.array([[4, 4, 2, 1]]))
    # 5 tokens less, through two products of 16 x 24 multiply-adds each.
    assert same[0] - fewer[0] == 2 * 5 * 2 * 16 * 24


def test_selectors_are_counted_in_their_two_layers_only(make_model) -> None:
    policy = make_model("trbert").policy
    assert [policy.predictor_cost(layer) for layer in range(4)] == [0, 16 * 8 + 8, 16 * 8 + 8, 0]


def test_shape_comes_from_the_model(make_model) -> None:
    shape = make_model("adapler").costs.shape
    assert (shape.layers, shape.hidden, shape.intermediate, shape.classes) == (4, 16, 24, 2)


def test_a_students_dense_flops_are_its_teachers(make_model) -> None:
    windows, student = texts([5, 12]), make_model("distilbert")
    own, dense = student.costs.of_windows(windows, np.array([[5, 5], [12, 12]]))
    _, teachers = make_model().costs.of_windows(windows, np.array([[5] * 4, [12] * 4]))
    assert dense.tolist() == teachers.tolist()
    # Pooler 16 x 16 and classifier 16 x 2 once, and half of the layers.
    head = 2 * (16 * 16 + 16 * 2)
    assert ((own - head) * 2).tolist() == (dense - head).tolist()
    assert (student.costs.shape.layers, student.costs.dense.layers) == (2, 4)


@pytest.mark.parametrize(
    ("method", "cost"),
    [("dense", 0), ("adapler", 16 * 8 + 8), ("top", 0), ("ltp", 0), ("transkimmer", 16 * 16 + 2 * 16)],
)
def test_predictors_multiply_adds_per_token(make_model, method: str, cost: int) -> None:
    assert [make_model(method).policy.predictor_cost(layer) for layer in range(4)] == [cost] * 4


def test_predictors_are_paid_even_where_nothing_is_dropped(make_model) -> None:
    windows = texts([6])
    kept = np.full((1, 4), 6)
    own, dense = make_model("adapler").costs.of_windows(windows, kept)
    # 4 layers x 6 tokens x (16 x 8 + 8) multiply-adds.
    assert own[0] - dense[0] == 2 * 4 * 6 * (16 * 8 + 8)
