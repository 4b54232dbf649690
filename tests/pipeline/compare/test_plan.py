"""What a comparison's plan counts, in folders without trainings."""

from pathlib import Path

import pytest

from tests.helpers.tiny_comparisons import FakeJob
from workbench.config.comparison import CompareConfig
from workbench.pipeline.compare import plan as planning
from workbench.runs.manifest import read_stages, write_stages


@pytest.fixture
def asked(monkeypatch) -> list[float]:
    """The values of adapler.phi of the trainings of which the plan asks whether they are finished."""
    asked: list[float] = []
    monkeypatch.setattr(planning, "Job", FakeJob)
    monkeypatch.setattr(planning, "is_finished", lambda job: asked.append(job.config.adapler.phi))
    monkeypatch.setattr(planning, "is_trained", lambda job: False)
    monkeypatch.setattr(planning, "encoder_size", lambda backbone: 1.0)
    return asked


def begun(folder: Path, *cells: str) -> None:
    for cell in cells:
        (folder / "cells" / "adapler" / cell).mkdir(parents=True)
        write_stages(folder / "cells" / "adapler" / cell, read_stages(folder))


def steps(folder: Path, **values: object) -> dict[str, planning.Step]:
    config = CompareConfig.model_validate({"methods": ["adapler"], "seeds": [0], **values})
    return {step.part.name: step for step in planning.plan(folder, config).steps}


def test_a_search_that_has_not_ended_may_need_every_try(asked, tmp_path: Path) -> None:
    values = {"strengths": {"adapler": [0.01]}, "match": {"flops": 2.0, "tries": 4}}
    begun(tmp_path, "0.01-seed0")
    search = steps(tmp_path, **values)["adapler:match:0"]
    assert (search.state, search.trainings) == ("to do", 4)
    begun(tmp_path, "0.02-seed0", "0.05-seed0")
    search = steps(tmp_path, **values)["adapler:match:0"]
    assert (search.state, search.trainings) == ("begun", 4)


def test_a_strength_of_many_digits_is_asked_for_as_it_is(asked, tmp_path: Path) -> None:
    begun(tmp_path, "0.123457-seed0")
    assert "adapler:0.123457:0" in steps(tmp_path, strengths={"adapler": [0.12345678]})
    assert asked == [0.12345678]
