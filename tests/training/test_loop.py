"""Killed anywhere, training goes on and ends with the numbers of an unbroken run."""

import errno
import re
import shutil
from types import SimpleNamespace

import pytest
import torch
from safetensors import SafetensorError

from tests.helpers.tiny_objectives import STEPS, TRAIN, objective
from tests.helpers.toys import METHODS, without_dropout
from tests.helpers.trainings import Killed, Outcome, facts_of, finish, killed_after, training
from workbench.errors import WorkbenchError
from workbench.training.loop import STATE, Training


@pytest.fixture(scope="module")
def unbroken(make_model, tmp_path_factory) -> dict[str, Outcome]:
    return {
        method: finish(objective(make_model, method), tmp_path_factory.mktemp(method))
        for method in METHODS
    }


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("steps", [1, 3, 4, 5, 7, 8])
def test_killed_after_a_step(make_model, tmp_path, unbroken, method: str, steps: int) -> None:
    with pytest.raises(Killed):
        training(objective(make_model, method), tmp_path, killed_after(steps)).run()
    seen: list[int] = []
    result = finish(
        objective(make_model, method), tmp_path, report=lambda progress, _: seen.append(progress.step)
    )
    # Checkpoints lie after steps 3, 4 (the epoch's end), 6 and 8; a killed step is never in one.
    first = max(step for step in (0, 3, 4, 6) if step < steps)
    assert seen == list(range(first, 2 * STEPS))
    result.check_equals(unbroken[method])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("epoch", [0, 1])
@pytest.mark.parametrize("place", ["validate", "keep_weights", "checkpoint"])
def test_killed_around_the_end_of_an_epoch(
    make_model, tmp_path, unbroken, monkeypatch, method: str, epoch: int, place: str
) -> None:
    """While validating, after the weights are kept, and after the epoch's checkpoint."""
    broken = training(objective(make_model, method), tmp_path)
    whole, calls = getattr(broken, place), []

    def killed(*args) -> object:
        calls.append(args)
        at_end = place != "checkpoint" or args[0] % STEPS == 0
        result = whole(*args) if place != "validate" else None
        if at_end and len(calls) > epoch * (2 if place == "checkpoint" else 1):
            raise Killed
        return whole() if place == "validate" else result

    monkeypatch.setattr(broken, place, killed)
    with pytest.raises(Killed):
        broken.run()
    finish(objective(make_model, method), tmp_path).check_equals(unbroken[method])


@pytest.mark.parametrize("method", METHODS)
def test_killed_again_and_again(make_model, tmp_path, unbroken, method: str) -> None:
    for steps in (2, 4, 5, 6, 7):
        with pytest.raises(Killed):
            training(objective(make_model, method), tmp_path, killed_after(steps)).run()
    finish(objective(make_model, method), tmp_path).check_equals(unbroken[method])


@pytest.mark.parametrize("method", METHODS)
def test_a_finished_training_is_not_run_again(make_model, tmp_path, unbroken, method: str) -> None:
    finish(objective(make_model, method), tmp_path)
    steps: list[object] = []
    again = finish(
        objective(make_model, method), tmp_path, report=lambda progress, _: steps.append(progress)
    )
    assert steps == []
    again.check_equals(unbroken[method])


@pytest.mark.parametrize("method", METHODS)
def test_the_seed_decides_everything(make_model, tmp_path, unbroken, method: str) -> None:
    finish(objective(make_model, method), tmp_path / "a").check_equals(unbroken[method])
    other = finish(objective(make_model, method), tmp_path / "b", seed=4)
    name = "model.stock.classifier.weight"
    assert not other.weights[name].equal(unbroken[method].weights[name])


@pytest.mark.parametrize("method", METHODS)
def test_training_moves_every_trainable_weight_and_no_other(make_model, unbroken, method) -> None:
    fresh = objective(make_model, method)
    after = unbroken[method].state
    for name, value in fresh.named_parameters():
        if value.requires_grad:
            assert not after[f"model.{name}"].equal(value), name
        else:
            assert "embeddings" in name or name.startswith("dense.")
            assert unbroken[method].weights[name].equal(value), name


@pytest.mark.parametrize("method", METHODS)
def test_the_history_has_one_entry_per_epoch(unbroken, method: str) -> None:
    facts = unbroken[method].facts
    assert facts["step"] == 2 * STEPS
    assert [entry["epoch"] for entry in facts["history"]] == [0, 1]
    for entry in facts["history"]:
        assert {"quality", "speedup"} <= entry.keys()
        assert (entry["speedup"] == 1) == (method == "dense")


def test_only_kept_weights_stay_and_the_best_are_in_the_model(make_model, tmp_path) -> None:
    accuracies = iter([0.5, 0.9, 0.9, 0.4])
    mine = objective(make_model, "dense", epochs=4, keep_best=2)
    kept = Training(
        mine, TRAIN, lambda: {"quality": next(accuracies), "speedup": 1.0}, tmp_path, 0,
        lambda progress, values: None,
    ).run()  # fmt: skip
    assert [path.name for path in kept] == ["epoch-1.safetensors", "epoch-2.safetensors"]
    assert {path.name for path in tmp_path.iterdir()} == {STATE, *(path.name for path in kept)}
    _, best = facts_of(kept[0])
    current = dict(mine.model.named_parameters())
    assert all(current[name].equal(value) for name, value in best.items())


def test_the_embeddings_are_in_no_checkpoint_while_frozen(make_model, tmp_path, unbroken) -> None:
    assert not any("embeddings" in name for name in unbroken["dense"].state)
    free = finish(objective(make_model, "dense", freeze_embeddings=False, epochs=1), tmp_path)
    assert any("embeddings" in name for name in free.state)


@pytest.mark.parametrize("method", ["dense", "distilbert", "adapler", "ltp", "powerbert"])
def test_accumulated_gradients_equal_whole_batches(make_model, tmp_path, method: str) -> None:
    outcomes = []
    for parts in (1, 2):
        mine = objective(make_model, method, gradient_accumulation=parts, learning_rate=1e-4)
        without_dropout(mine.model)
        outcomes.append(finish(mine, tmp_path / str(parts)))
    first, second = outcomes
    for name, value in first.weights.items():
        # A softmax does not see these biases: Adam blows up the rounding of their zero gradients.
        if not re.search(r"key\.bias|predictors\.\d\.2\.bias", name):
            torch.testing.assert_close(value, second.weights[name], atol=1e-5, rtol=1e-5, msg=name)
    assert any(not value.equal(second.weights[name]) for name, value in first.weights.items())


@pytest.mark.parametrize("method", METHODS)
def test_a_loss_that_is_not_finite_stops_and_says_where(make_model, tmp_path, method: str) -> None:
    mine = objective(make_model, method)

    def poison(progress, values) -> None:
        if progress.step == 4:
            with torch.no_grad():
                mine.model.stock.classifier.weight.fill_(torch.nan)

    with pytest.raises(WorkbenchError, match=r"diverged in epoch 2, step 5.*learning rates"):
        training(mine, tmp_path / "run", poison).run()
    facts, state = facts_of(tmp_path / "run" / STATE)
    assert facts["step"] == 4
    assert all(torch.isfinite(value).all() for value in state.values())


def no_space(*args: object, **more: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def no_space_in_rust(*args: object, **more: object) -> None:
    raise SafetensorError("I/O error: No space left on device (os error 28)")


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("workbench.training.checkpoint.save_file", no_space),
        ("workbench.training.checkpoint.save_file", no_space_in_rust),
        ("os.replace", no_space),
    ],
)
def test_a_full_disk_leaves_the_last_checkpoint_whole(
    make_model, tmp_path, unbroken, monkeypatch, place: str, error
) -> None:
    folder = tmp_path / "run"

    def fill(progress, values) -> None:
        if progress.step == 4:
            shutil.copytree(folder, tmp_path / "copy")
            monkeypatch.setattr(place, error)

    with pytest.raises(WorkbenchError, match=r"cannot write .*training.*No space left"):
        training(objective(make_model, "dense"), folder, fill).run()
    before = {path.name: path.read_bytes() for path in (tmp_path / "copy").iterdir()}
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    monkeypatch.undo()
    finish(objective(make_model, "dense"), folder).check_equals(unbroken["dense"])


def test_processes_add_up_gradients_and_leave_parameters_without_any_alone(make_model, tmp_path) -> None:
    mine = objective(make_model, "top")
    run = training(mine, tmp_path)
    run.optimizers = mine.optimizers()
    run.accelerator = SimpleNamespace(num_processes=2, reduce=lambda value, reduction: value * 2)
    weight = mine.model.stock.classifier.weight
    weight.grad = torch.ones_like(weight)
    run.sum_gradients()
    assert weight.grad.eq(2).all()
    assert mine.policy.fine.grad is None
    assert mine.multipliers.grad is None


def test_the_gradient_norm_is_clipped_for_each_optimizer_by_itself(
    make_model, tmp_path, monkeypatch
) -> None:
    mine = objective(make_model, "adapler", max_grad_norm=1e-3, epochs=1)
    norms: list[list[float]] = []
    run = training(mine, tmp_path)
    after_step = mine.after_step
    optimizers = mine.optimizers()
    monkeypatch.setattr(mine, "optimizers", lambda: list(optimizers))
    for optimizer in optimizers:
        optimizer.register_step_pre_hook(
            lambda optimizer, *_: norms.append(
                [p.grad.norm().item() for g in optimizer.param_groups for p in g["params"]]
            )
        )
    monkeypatch.setattr(mine, "after_step", after_step)
    run.run()
    totals = [sum(norm**2 for norm in each) ** 0.5 for each in norms]
    assert len(totals) == 2 * STEPS
    assert totals == pytest.approx([1e-3] * len(totals), rel=1e-2)
