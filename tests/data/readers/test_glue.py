"""The manifests of the sets that papers report on: complete, and in agreement with the code."""

import pytest

from workbench.config.data import DataSettings
from workbench.data.corpus import load_corpus
from workbench.data.readers.glue import hub_task, load_standards
from workbench.data.recognising import sources
from workbench.errors import InputError

TASKS = [task for standard in load_standards().values() for task in standard.tasks.values()]


def test_every_manifest_is_a_source():
    assert set(load_standards()) < set(sources())
    for standard in load_standards().values():
        assert standard.licence
        assert standard.citation
        assert standard.description


def test_an_unknown_source_is_answered_with_the_nearest():
    with pytest.raises(InputError, match=r"unknown reader 'rotten-potatoes' \(did you mean rotten-tom"):
        load_corpus(DataSettings(source="rotten-potatoes"))


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.title)
def test_every_task_is_complete(task):
    assert task.split_rule.endswith(".")
    assert 0 < task.dev_share <= 0.1
    assert all(n > 50 for n in task.texts.values())
    assert len(set(task.labels)) == len(task.labels)
    if task.codes:
        assert list(task.codes.values()) == list(task.labels)
    assert task.positive_label is None or task.positive_label in task.labels
    assert (task.format == "other") == (not task.files)
    if task.hub:
        assert task.hub.splits["train"] == "train"
        assert set(task.hub.splits.values()) == set(task.texts)
        for name in task.hub.names:
            assert hub_task(f"{name}/{task.name}" if task.hub.subset else name) is task
