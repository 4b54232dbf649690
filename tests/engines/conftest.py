"""Graphs of the toys: exporting one takes seconds a layer, so each is exported once for all workers."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from tests.conftest import MakeModel
from tests.helpers.toys import toy_tokenizer
from workbench.pipeline.export_graphs import write_graphs

FloatGraphs = Callable[[str], Path]


@pytest.fixture(scope="session")
def float_graphs(make_model: MakeModel, tmp_path_factory: pytest.TempPathFactory) -> FloatGraphs:
    """`float_graphs(method)`: the folder of `make_model(method)`'s graphs; copy it to change it."""
    root = tmp_path_factory.getbasetemp()
    shared = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root

    def exported(method: str) -> Path:
        folder = shared / f"graphs-{method}"
        with FileLock(shared / f"graphs-{method}.lock"):
            if not folder.is_dir():
                scratch = tmp_path_factory.mktemp("graphs") / method
                write_graphs(make_model(method), toy_tokenizer(), scratch, batched=True)
                scratch.rename(folder)
        return folder

    return exported
