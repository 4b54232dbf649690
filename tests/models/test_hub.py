"""A backbone's name that is no folder: one question to the hub, and the folder that was meant."""

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import huggingface_hub.constants
import pytest

from workbench.errors import InputError
from workbench.models import hub
from workbench.models.pretrained import locate


@pytest.fixture(autouse=True)
def no_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    hub.require_on_hub.cache_clear()
    monkeypatch.chdir(tmp_path)
    yield
    hub.require_on_hub.cache_clear()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that the hub is asked for; it knows them all."""
    names: list[str] = []
    monkeypatch.setattr(hub.HfApi, "model_info", lambda self, name, **more: names.append(name))
    return names


@pytest.mark.parametrize("name", ["bert-base-uncased", "org/name"])
def test_a_name_that_the_hub_knows_is_passed_on_and_asked_for_once(asked: list[str], name: str) -> None:
    assert [locate(name), locate(name)] == [name, name]
    assert asked == [name]


def test_a_model_that_was_downloaded_needs_no_question(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "try_to_load_from_cache", lambda name, file: f"/cache/{name}/{file}")
    assert locate("org/name") == "org/name"
    assert asked == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [("models/minlm", "models/minilm"), ("modls/minilm", "models/minilm"), ("./models/minlm", "models")],
)
def test_a_slip_in_a_folders_name_is_refused_at_once_with_the_folder(
    tmp_path: Path, written: str, meant: str
) -> None:
    (tmp_path / "models" / "minilm").mkdir(parents=True)
    start = perf_counter()
    with pytest.raises(InputError, match=rf"^{written}: no such .*\(did you mean {meant}"):
        locate(written)
    # Without a connection the library alone asks for half a minute.
    assert perf_counter() - start < hub.PATIENCE + 1


def test_without_a_connection_the_hub_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: object, name: str, **more: object) -> None:
        raise ConnectionError("name or service not known")

    monkeypatch.setattr(hub.HfApi, "model_info", fails)
    with pytest.raises(InputError, match="org/name: no such folder, and the hub cannot be asked: name"):
        locate("org/name")


def test_offline_only_what_was_downloaded_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="not among the downloaded models"):
        locate("org/name")


def test_what_cannot_be_a_hubs_name_is_told_so() -> None:
    with pytest.raises(InputError, match="no name that a hub has"):
        locate("a/b/c")
