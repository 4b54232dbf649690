"""Losses of labels, teachers, scores and rankings, as arrays in and a number out."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from workbench.core.documents import Window
from workbench.core.task_type import MultiLabel, Regression, TaskType
from workbench.core.token_tasks import IGNORED, NOWHERE, AnswerSpans, TokenTags, TokenTask
from workbench.models.token_classifier import tag_targets


def label_loss(
    task_type: TaskType | TokenTask,
    logits: Tensor,
    windows: Sequence[Window],
    reduction: Literal["mean", "none"] = "mean",
) -> Tensor:
    """Return the loss of the labels: cross-entropy of classes, squared error of values.

    Where a text has any number of labels, the mean over them of each one's binary cross-entropy, as in
    transformers. Where a window has shares of annotators (`data.soft_labels`), cross-entropy is with
    these. Of answers, the mean of the cross-entropies of where they begin and end. Of tags, the mean
    over all tokens that learn one, as in transformers; with `none` over each window's.

    Args:
        task_type: What the outputs mean.
        logits: (B, outputs), of answers and tags (B, N, outputs).
        windows: B of them.
        reduction: `mean` for a scalar, `none` for (B,).
    """
    if isinstance(task_type, TokenTags):
        return _tag_loss(logits, tag_targets(windows, logits.device), reduction)
    targets = torch.tensor([window.label for window in windows], device=logits.device)
    if isinstance(task_type, AnswerSpans):
        losses = functional.cross_entropy(logits.float(), targets, reduction="none").mean(1)
        return losses.mean() if reduction == "mean" else losses
    if isinstance(task_type, Regression):
        return functional.mse_loss(logits[:, 0].float(), targets.float(), reduction=reduction)
    if isinstance(task_type, MultiLabel):
        losses = functional.binary_cross_entropy_with_logits(
            logits.float(), targets.float(), reduction="none"
        ).mean(1)
        return losses.mean() if reduction == "mean" else losses
    classes = targets.long()
    if all(window.label_shares is None for window in windows):
        return functional.cross_entropy(logits.float(), classes, reduction=reduction)
    wanted = functional.one_hot(classes, logits.shape[1]).float()
    for row, window in enumerate(windows):
        if window.label_shares is not None:
            wanted[row] = torch.from_numpy(window.label_shares).to(wanted)
    return functional.cross_entropy(logits.float(), wanted, reduction=reduction)


def _tag_loss(logits: Tensor, targets: Tensor, reduction: Literal["mean", "none"]) -> Tensor:
    losses = functional.cross_entropy(
        logits.float().transpose(1, 2), targets, reduction="none", ignore_index=IGNORED
    )
    learnt = targets != IGNORED
    if reduction == "mean":
        return losses.sum() / learnt.sum().clamp_min(1)
    return losses.sum(1) / learnt.sum(1).clamp_min(1)


def teacher_loss(
    task_type: TaskType | TokenTask, student: Tensor, teacher: Tensor, temperature: float
) -> Tensor:
    """Return the mean distance of a student's outputs from its teacher's.

    Classes: see `distillation`. Labels of which a text has any number: the same of each label's being
    there or not, mean over the labels. Answers: the same over the places where they begin, and where
    they end, mean of the two. Tags: the same of every token's, special ones too. Values: squared error,
    since a single output has no distribution that a temperature could soften.

    Args:
        task_type: What the outputs mean.
        student: (B, outputs) logits, of answers and tags (B, N, outputs).
        teacher: The same shape.
        temperature: T; a value has no use for it.
    """
    if isinstance(task_type, Regression):
        return functional.mse_loss(student.float(), teacher.float())
    if isinstance(task_type, AnswerSpans):
        begins, ends = (distillation(student[..., k], teacher[..., k], temperature) for k in (0, 1))
        return (begins + ends) / 2
    if isinstance(task_type, TokenTags):
        tokens = (teacher > NOWHERE / 2).any(-1)
        return distillation(student[tokens], teacher[tokens], temperature)
    if isinstance(task_type, MultiLabel):
        return distillation(_there_or_not(student), _there_or_not(teacher), temperature)
    return distillation(student, teacher, temperature)


def _there_or_not(logits: Tensor) -> Tensor:
    """(B, labels) -> (B x labels, 2) logits whose softmax is each label's (sigmoid, 1 - sigmoid)."""
    return torch.stack([logits, torch.zeros_like(logits)], -1).flatten(0, 1)


def distillation(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Return T^2 KL(teacher || student) of distributions softened by T, mean over the batch.

    Source: Hinton et al. 2015.

    Args:
        student: (B, classes) logits.
        teacher: (B, classes) logits.
        temperature: T.
    """
    return temperature**2 * functional.kl_div(
        functional.log_softmax(student.float() / temperature, -1),
        functional.log_softmax(teacher.float() / temperature, -1),
        reduction="batchmean",
        log_target=True,
    )


def lambda_loss(scores: Tensor, relevance: Tensor, valid: Tensor, kind: str) -> Tensor:
    """Return the pairwise ranking loss of the LambdaLoss framework (Wang et al., CIKM 2018), divided by
    k^2.

    Mean over the batch; a perfectly separated order tends to 0.

    Args:
        scores: (B, k).
        relevance: (B, k), higher is better.
        valid: (B, k) bool, which entries exist.
        kind: `arp2` weighs a pair by its difference in relevance, `ndcg2` by the difference in gain and
            discount (NDCG-Loss2).
    """
    higher = relevance[:, :, None] > relevance[:, None, :]
    pair = higher & valid[:, :, None] & valid[:, None, :]
    if kind == "arp2":
        weight = (relevance[:, :, None] - relevance[:, None, :]).abs()
    else:
        weight = _ndcg2_weight(scores.detach(), relevance, valid)
    loss = -functional.logsigmoid(scores[:, :, None] - scores[:, None, :]) / torch.log(torch.tensor(2.0))
    return (loss * weight).masked_fill(~pair, 0.0).sum((1, 2)).mean() / scores.shape[1] ** 2


def _ndcg2_weight(scores: Tensor, relevance: Tensor, valid: Tensor) -> Tensor:
    """(B, k, k): |G_i - G_j| |1/D(|i-j|) - 1/D(|i-j|+1)| with ranks i, j by the current scores."""
    gain = torch.where(valid, 2.0**relevance - 1, 0.0)
    places = torch.arange(scores.shape[1], device=scores.device)
    ideal = (gain.sort(1, descending=True).values / torch.log2(places + 2.0)).sum(1, keepdim=True)
    gain = gain / ideal.clamp_min(1e-9)
    rank = scores.masked_fill(~valid, -torch.inf).argsort(1, descending=True).argsort(1)
    distance = (rank[:, :, None] - rank[:, None, :]).abs()
    discount = (1 / torch.log2(distance + 1.0) - 1 / torch.log2(distance + 2.0)).abs()
    discount = torch.where(distance > 0, discount, 0.0)
    return (gain[:, :, None] - gain[:, None, :]).abs() * discount


def reinforce(negative_log_likelihood: Tensor, rewards: Tensor) -> Tensor:
    """Return the loss of S sampled selections of each of B texts, with a policy's gradient (REINFORCE).

    `negative_log_likelihood` (B, S) is that of the selections, `rewards` (B, S) what they brought,
    without gradient. The baseline is the text's mean reward over its samples, itself included: on
    average the gradient is (S - 1) / S times that of minus the expected reward. Source: Ye et al., NAACL
    2021.
    """
    return ((rewards - rewards.mean(1, keepdim=True)) * negative_log_likelihood).mean()
