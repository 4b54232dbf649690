"""The stopwatch and the memory it reads, on systems that do next to nothing."""

import sys

import numpy as np
import pytest
import torch

from workbench.models.stopwatch import peak_memory, round_frame, stopwatch


def test_stopwatch_alternates_and_leaves_the_warm_up_out() -> None:
    calls: list[str] = []
    systems = {"hf": lambda: calls.append("hf"), "top": lambda: calls.append("top")}
    seconds = stopwatch(systems, repeats=3, warmup=2)
    assert calls == ["hf", "top"] * 5
    assert {name: len(values) for name, values in seconds.items()} == {"hf": 3, "top": 3}
    assert all(value >= 0 for values in seconds.values() for value in values)
    with pytest.raises(ValueError, match="repeats"):
        stopwatch(systems, repeats=0)


def test_every_round_can_be_saved() -> None:
    frame = round_frame({"hf": [1.0, 2.0], "top": [0.5, 0.6]}, "test", 8)
    assert frame["seconds"].tolist() == [1.0, 2.0, 0.5, 0.6]
    assert frame["round"].tolist() == [0, 1, 0, 1]


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone keeps a peak that can be reset")
def test_peak_memory_sees_what_was_freed_again() -> None:
    def run() -> None:
        np.ones(50_000_000 // 8)

    peak = peak_memory(run, torch.device("cpu"))
    if peak is None:
        pytest.skip("this machine does not let a process reset its peak")
    assert 45 < peak < 100
    again = peak_memory(lambda: None, torch.device("cpu"))
    assert again is not None
    assert again < 10
