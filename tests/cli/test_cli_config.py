"""`workbench config` and `workbench --version`."""

import json
from importlib.metadata import version

import workbench as package


def test_config_shows_keys_with_default_and_meaning(workbench) -> None:
    lines = workbench("config", "compare").out.splitlines()
    place = lines.index("match.tries: 6")
    assert (
        lines[place + 1]
        == "    whole number, ≥ 1 and ≤ 1000. At most this many trainings per method and seed."
    )


def test_config_gives_a_schema(workbench) -> None:
    schema = json.loads(workbench("config", "--schema").out)
    assert schema["properties"]["seed"]["maximum"] == 2**32 - 1


def test_config_of_another_command_is_refused(workbench) -> None:
    answer = workbench("config", "paper")
    assert answer.code == 2


def test_the_version_is_the_packages(workbench) -> None:
    assert workbench("--version").out == f"workbench {version('rationale-workbench')}\n"


def test_dir_shows_the_public_names_and_no_helper() -> None:
    assert {"load_run", "load_config", "classify", "explain_text"} <= set(dir(package))
    assert not {"functools", "importlib", "register_on_import"} & set(dir(package))
