"""What ToP's gates save and what closing them costs: sparsity, information, and the order of closing."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from workbench.catalog.settings import Cut
from workbench.core.documents import Window
from workbench.core.inference import batches
from workbench.core.task_type import MultiLabel, Regression, TaskType
from workbench.core.token_tasks import AnswerSpans, TokenTask
from workbench.metrics.efficiency.flops import Shape
from workbench.models.classifier import PruningClassifier
from workbench.models.inference import evaluating
from workbench.models.policies.top import ToP

MOST_INFORMED = 512
"""Windows behind the information of the gates; the first ones."""
BISECTIONS = 24
"""Halvings of the range in which a shift is searched: to a millionth of it."""
FIXED_MARGIN = 1e-3
"""Log-alpha by which fixed gates keep away from the number at which one more would open."""
SATURATED = 12.0
"""Log-alpha from which on a gate is always open; its negative, always closed."""


def sparsity(shape: Shape, cut: Cut, tokens: Sequence[Tensor]) -> Tensor:
    """Return 1 - multiply-adds / those of the dense encoder, a scalar with the gradient of `tokens`.

    Args:
        shape: The model's sizes.
        cut: Where its layers drop tokens.
        tokens: (B,) numbers, fractions allowed, of each text's tokens: at first, then after each
            layer's cut.
    """
    fed = torch.stack(list(tokens[1:]))
    attended = torch.stack(list(tokens[:-1])) if cut == "middle" else fed
    spent: Tensor = shape.layers_multiply_adds(attended, fed).sum()
    return 1 - spent / (shape.layers * shape.layers_multiply_adds(tokens[0], tokens[0]).sum())


def text_tokens(windows: Sequence[Window], device: torch.device) -> Tensor:
    """Return (B,) float: how many tokens each window has."""
    return torch.tensor([float(len(window.input_ids)) for window in windows], device=device)


def expected_tokens(lengths: Tensor, shares: Sequence[Tensor | float]) -> list[Tensor]:
    """Return (B,) numbers of tokens at first and after each layer's cut.

    Args:
        lengths: (B,) float, tokens of each text, [CLS] among them.
        shares: Per layer the share of the tokens that pass its cut, [CLS] apart.
    """
    tokens = [lengths]
    for share in shares:
        tokens.append(1 + (tokens[-1] - 1) * share)
    return tokens


def expected_shares(policy: ToP) -> list[Tensor | float]:
    """Return per layer the mean of the gates' probabilities of keeping: ranks are spread evenly over the
    bins, and gates are independent across layers."""
    gates = (policy.expected_keep(layer) for layer in range(policy.layers))
    return [1.0 if gate is None else gate.mean() for gate in gates]


def inference_tokens(policy: ToP, lengths: Tensor) -> list[Tensor]:
    """Return (B,) numbers of tokens at first and after each layer's cut, as inference cuts.

    Args:
        policy: Its gates decide.
        lengths: (B,) float, tokens of each text, [CLS] among them.
    """
    tokens = [lengths]
    for layer in range(policy.layers):
        gates, others = policy.open_gates(layer), (tokens[-1] - 1).long()
        if gates is not None:
            ranks = torch.arange(int(others.max()) if len(others) else 0, device=lengths.device)
            passes = gates[policy.bins_of_ranks(ranks, others[:, None].clamp_min(1))]
            others = (passes & (ranks < others[:, None])).sum(1)
        tokens.append(1 + others.float())
    return tokens


def shift_to(policy: ToP, target: float, measure: Callable[[], float], *, margin: float = 0.0) -> None:
    """Move all fine gates by one number, so that they save as little as they can but `target`.

    Args:
        policy: Its log-alphas change.
        target: The sparsity.
        measure: Returns that of the gates as they are; it falls as they open.
        margin: What they are closed by beyond that. A saving that is a step is found at its very edge,
            where another engine's rounding would open one gate more.
    """
    start = policy.fine.detach().clone()
    low, high = -SATURATED - float(start.max()), SATURATED - float(start.min())
    with torch.no_grad():
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            policy.fine.copy_(start + middle)
            low, high = (low, middle) if measure() < target else (middle, high)
        policy.fine.copy_(start + low - margin)


def gate_information(model: PruningClassifier, windows: Sequence[Window], batch_size: int) -> Tensor:
    """Return (layers that cut, bins): the Fisher information of each fine gate where all are open.

    Half of it is, to second order, what closing the gate changes in the model's answer (in KL): the mean
    over texts of the squared derivative of the log probability of a class drawn from the model (of a
    regression: of the value; where a text has any number of labels: of all, each drawn; of answers:
    of where one begins and ends, each drawn; of tags: of every token's, each drawn) by the gate,
    which scales the attention to the tokens of its bin. The first-order derivative says nothing here: a
    student that starts as its teacher is at the minimum of the distillation loss. Source of the
    criterion: Kwon et al., A Fast Post-Training Pruning Framework for Transformers, NeurIPS 2022, who
    mask heads and filters by it.

    Args:
        model: Its policy is ToP's.
        windows: Some training windows.
        batch_size: How many run together.
    """
    policy = model.policy
    assert isinstance(policy, ToP)
    drawing = torch.Generator().manual_seed(0)
    total = torch.zeros_like(policy.fine)
    with evaluating(model):
        for batch in batches(windows, batch_size):
            part = [windows[index] for index in batch]
            probe = torch.ones(len(part), *policy.fine.shape, device=model.device, requires_grad=True)
            with policy.probed(probe):
                logits = model(part, execution="masked", soft=True).logits.float()
            said = _drawn(model.task_type, logits, drawing)
            # No layer attends to what is left after the last one's cut.
            (gradient,) = torch.autograd.grad(
                said.sum(), probe, allow_unused=True, materialize_grads=True
            )
            total += gradient.square().sum(0)
    return total / len(windows)


def _drawn(task_type: TaskType | TokenTask, logits: Tensor, drawing: torch.Generator) -> Tensor:
    """Return the log probability of what is drawn from a model's (B, ...) outputs; a value as it is."""
    if isinstance(task_type, Regression):
        return logits[:, 0]
    if isinstance(task_type, AnswerSpans):
        places = logits.detach().softmax(1).cpu().transpose(1, 2).flatten(0, 1)
        drawn = torch.multinomial(places, 1, generator=drawing).view(len(logits), 1, -1)
        return logits.log_softmax(1).gather(1, drawn.to(logits.device)).sum(-1)
    if isinstance(task_type, MultiLabel):
        there = torch.bernoulli(logits.detach().sigmoid().cpu(), generator=drawing).to(logits.device)
        return torch.nn.functional.logsigmoid(logits * (2 * there - 1)).sum(-1)
    chances = logits.detach().softmax(-1).cpu()
    drawn = torch.multinomial(chances.flatten(0, -2), 1, generator=drawing).to(logits.device)
    said = logits.log_softmax(-1).gather(-1, drawn.view(*logits.shape[:-1], 1))
    # What is padding has the same logit for every tag, and no gradient.
    return said.flatten(1).sum(1)


def closing_order(information: Tensor, saved: Callable[[Sequence[int]], float]) -> Tensor:
    """Return the flat indices of gates in the order in which to close them, one by one.

    The next one to close loses least information for what it saves, given the ones that are closed.

    Args:
        information: (rows, bins).
        saved: Returns the sparsity for the number of closed gates of each row.
    """
    rows, bins = information.shape
    cheapest = information.argsort(dim=1)
    costs = information.gather(1, cheapest).clamp_min(1e-12).tolist()
    closed = [0] * rows
    order: list[int] = []
    while len(order) < rows * bins:
        so_far, best = saved(closed), (torch.inf, 0)
        for row in range(rows):
            if closed[row] < bins:
                more = [number + (other == row) for other, number in enumerate(closed)]
                gain = max(saved(more) - so_far, 1e-12)
                best = min(best, (costs[row][closed[row]] / gain, row))
        row = best[1]
        order.append(row * bins + int(cheapest[row, closed[row]]))
        closed[row] += 1
    return torch.tensor(order)
