"""Plug-in files that are wrong: one line names the file, the line and what to do."""

import re
from pathlib import Path

import pytest

from tests.helpers.tiny_runs import write_settings
from workbench.catalog.methods import METHODS
from workbench.catalog.plugins import load_plugins, unload_plugins
from workbench.config.loading import dump_config, load_config, with_absolute_paths
from workbench.errors import InputError

GOOD = """
from workbench.catalog.methods import register_method
from workbench.catalog.settings import TrainingSettings
from workbench.models.policies.base import Policy

class OwnSettings(TrainingSettings):
    share: float = 0.5

class OwnPolicy(Policy):
    method = "own"
    def __init__(self, config, *, share=0.5):
        super().__init__()

register_method(
    name="own", title="Own", summary="Own.", settings=OwnSettings,
    policy=f"{__name__}:OwnPolicy",
    objective="workbench.training.objectives.base:Objective",
)
"""


@pytest.fixture(autouse=True)
def no_plugin_stays():
    yield
    unload_plugins()


def write(folder: Path, text: str, name: str = "own.py") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_known_until_it_is_unloaded(tmp_path):
    path = write(tmp_path, GOOD)
    load_plugins([path, path])
    assert METHODS["own"].title == "Own"
    assert list(METHODS)[-1] == "own"
    unload_plugins()
    assert "own" not in METHODS
    load_plugins([path])
    assert "own" in METHODS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", r"own\.py: registers nothing; call register_method or register_scorer"),
        ("\nimport no_such_package\n", r"own\.py:2: cannot be imported: ModuleNotFoundError"),
        ("\n\ndef broken(:\n", r"own\.py:3: cannot be imported: SyntaxError"),
        ("1 / 0\n", r"own\.py:1: cannot be imported: ZeroDivisionError"),
        (
            GOOD.replace('name="own"', 'name="top"'),
            "the method 'top' is registered already, at",
        ),
        (GOOD.replace('name="own"', 'name="Own Name"'), r"own\.py:\d+: .* lower-case letters"),
        (GOOD.replace("settings=OwnSettings", "settings=int"), "no subclass of TrainingSettings"),
        (GOOD.replace(':OwnPolicy"', '.OwnPolicy"'), "is not of the form package.module:Class"),
        (GOOD.replace(' summary="Own.",', ""), r"own\.py:\d+: method 'own': .*summary"),
        (GOOD.replace("summary=", "sumary="), r"own\.py:\d+: method 'own': .*sumary"),
        (
            GOOD.replace("register_method\n", "Strength, register_method\n", 1).replace(
                'summary="Own."', 'summary="Own.", strength=Strength("weight")'
            ),
            r"own\.py:\d+: method 'own': its strength 'weight' is none of its settings",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_leaves_nothing(tmp_path, text, message):
    before = list(METHODS)
    with pytest.raises(InputError, match=message):
        load_plugins([write(tmp_path, text)])
    assert list(METHODS) == before


def test_a_missing_file_and_two_of_one_name_are_told(tmp_path):
    with pytest.raises(InputError, match=re.escape("nothing.py: no such plug-in")):
        load_plugins([tmp_path / "nothing.py"])
    (tmp_path / "other").mkdir()
    load_plugins([write(tmp_path, GOOD)])
    with pytest.raises(InputError, match="another plug-in of this name"):
        load_plugins([write(tmp_path / "other", GOOD)])


def test_a_run_that_took_a_plug_in_from_the_command_line_names_it(tmp_path):
    """Whoever opens it without the file is told what to add."""
    plugin, config = write(tmp_path, GOOD), write_settings(tmp_path)
    load_plugins([plugin])
    settings = with_absolute_paths(load_config(config, ["methods=[dense, own]"]))
    assert settings.plugins == [str(plugin)]
    config.write_text(dump_config(settings), encoding="utf-8")
    unload_plugins()
    with pytest.raises(InputError, match=f"made with plug-ins: add --plugin {plugin}"):
        load_config(config, run_plugins=False)
    assert load_config(config).methods == ["dense", "own"]


def test_an_unknown_method_is_answered_with_the_nearest_and_all():
    with pytest.raises(InputError, match=r"'adaplr' \(did you mean adapler\? known: dense, "):
        METHODS.find("adaplr")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("share=0.5)", "share)").replace("share: float", "other: float"), "needs 'share'"),
        (GOOD.replace("class OwnPolicy(Policy)", "class OwnPolicy"), "is no subclass of"),
        (GOOD.replace(':OwnPolicy"', ':Missing"'), "cannot be imported"),
    ],
)
def test_a_policy_that_does_not_fit_is_refused_before_training(workbench, tmp_path, text, message):
    """The command ends with code 2 before the first step."""
    config = write_settings(tmp_path)
    answer = workbench(
        "run", config, "--out", tmp_path / "run", "--set", f"plugins=[{write(tmp_path, text)}]",
        "--set", "methods=[dense, own]",
    )  # fmt: skip
    assert answer.code == 2
    assert message in answer.error
    assert "own.py:" in answer.error
    assert not (tmp_path / "run" / "models").exists()
