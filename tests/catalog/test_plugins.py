"""Plug-in files that are wrong: one line names the file, the line and what to do."""

import importlib
import inspect
import re
import sys
from pathlib import Path

import pytest
from transformers import BertConfig

from tests.helpers.tiny_runs import write_settings
from workbench.catalog.entry_points import load_entry_points
from workbench.catalog.methods import METHODS, PLUGIN_ORDER
from workbench.catalog.plugins import load_plugins, unload_plugins
from workbench.catalog.registry import Registry
from workbench.config.loading import dump_config, load_config, with_absolute_paths
from workbench.config.run import run_config_class
from workbench.errors import InputError
from workbench.models.policies import policy_class

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
        self.share = share
    def settings(self):
        return {"share": self.share}

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
        (
            "x = 1\n",
            r"own\.py: registers nothing; call register_method, register_scorer or register_reader",
        ),
        ("\nimport no_such_package\n", r"own\.py:2: cannot be imported: ModuleNotFoundError"),
        ("\n\ndef broken(:\n", r"own\.py:3: cannot be imported: SyntaxError"),
        ("1 / 0\n", r"own\.py:1: cannot be imported: ZeroDivisionError"),
        ("\nraise SystemExit(0)\n", r"own\.py:2: cannot be imported: SystemExit: 0"),
        (GOOD.replace('name="own"', 'name="class"'), r"own\.py:\d+: .*no word of Python"),
        (GOOD.replace('name="own"', 'name="_own"'), r"own\.py:\d+: .* lower-case letters"),
        (GOOD.replace('name="own"', "name=3"), r"own\.py:\d+: method 3: name: .*valid string"),
        (GOOD.replace('title="Own"', "title=None"), r"own\.py:\d+: method 'own': title: "),
        (GOOD.replace('title="Own"', 'title="Own", order="x"'), r"own\.py:\d+: .*order: "),
        (GOOD.replace('title="Own"', 'title="Own", colour="red"'), r"own\.py:\d+: .*colour: "),
        (GOOD.replace("share: float = 0.5", "share: float"), r"own\.py:\d+: .*a default for share"),
        (
            "from workbench.catalog.methods import Strength\nStrength('share', faster='bigger')\n",
            r"own\.py:2: .*faster: Input should be 'larger' or 'smaller'$",
        ),
        (
            "from workbench.catalog.methods import Strength\nStrength('share', reach=(0.5, 0.1))\n",
            r"own\.py:2: .*reach needs low < high",
        ),
        (
            GOOD.replace('name="own"', 'name="top"'),
            "the method 'top' is registered already, at",
        ),
        (GOOD.replace('name="own"', 'name="Own Name"'), r"own\.py:\d+: .* lower-case letters"),
        (GOOD.replace("settings=OwnSettings", "settings=int"), "subclass of TrainingSettings"),
        (GOOD.replace(':OwnPolicy"', '.OwnPolicy"'), "is not of the form package.module:Class"),
        (GOOD.replace(' summary="Own.",', ""), r"own\.py:\d+: method 'own': .*summary"),
        (GOOD.replace("summary=", "sumary="), r"own\.py:\d+: method 'own': .*sumary"),
        (
            GOOD.replace("register_method\n", "Strength, register_method\n", 1).replace(
                'summary="Own."', 'summary="Own.", strength=Strength("weight")'
            ),
            r"own\.py:\d+: method 'own': its strength 'weight' is none of its settings",
        ),
        (
            GOOD.replace("register_method\n", "AimedAt, register_method\n", 1).replace(
                'summary="Own."', 'summary="Own.", aims=(AimedAt("epochs", "flops_saved", "slck"),)'
            ),
            r"own\.py:\d+: method 'own': its aim 'slck' is none of its settings",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_leaves_nothing(tmp_path, text, message):
    before = list(METHODS)
    with pytest.raises(InputError, match=message):
        load_plugins([write(tmp_path, text)])
    assert list(METHODS) == before


def test_a_missing_file_and_two_of_one_name_are_told(tmp_path):
    with pytest.raises(InputError, match=re.escape("nothing.py: no such plug-in (/")):
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
    with pytest.raises(InputError, match=f"--plugin {plugin}"):
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
        (GOOD.replace('method = "own"', 'method = "its"'), "has method = 'its'; write 'own'"),
        (GOOD.replace("self, config, *, ", "self, *, "), "built with the backbone's configuration"),
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


@pytest.mark.parametrize("name", ["data", "section", "copy", "model_config"])
def test_a_method_called_as_a_part_of_the_configuration_is_refused(tmp_path, name):
    load_plugins([write(tmp_path, GOOD.replace('name="own"', f'name="{name}"'))])
    with pytest.raises(InputError, match=rf"own\.py:\d+: a method cannot be called {name}, "):
        run_config_class()


@pytest.mark.parametrize("saved", ["{}", '{"other": 1}'])
def test_settings_that_would_build_another_policy_are_refused(tmp_path, saved):
    load_plugins([write(tmp_path, GOOD.replace('{"share": self.share}', saved))])
    policy = policy_class("own")(BertConfig())
    with pytest.raises(InputError, match=r"own\.py:\d+: OwnPolicy is built with share, but its set"):
        policy.check_saved()


def test_every_built_in_policy_saves_what_builds_it():
    kinds = {name: policy_class(name) for name, spec in METHODS.items() if spec.order < PLUGIN_ORDER}
    for name, kind in kinds.items():
        kind.check_declared(name)
        needed = {"layers": 6, "hidden": 768, "intermediate": 3072, "length": 32}
        taken = inspect.signature(kind).parameters
        kind(BertConfig(), **{key: needed[key] for key in needed if key in taken}).check_saved()


def test_a_registry_that_could_not_be_filled_says_so_every_time(tmp_path):
    def load():
        raise InputError("broken")

    registry = Registry("method", load)
    for _ in range(2):
        with pytest.raises(InputError, match="broken"):
            registry.find("top")


def test_an_entry_point_that_is_wrong_names_its_package(monkeypatch, tmp_path):
    package = tmp_path / "rival-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: rival\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[workbench.methods]\nrival = rival_methods\n")
    monkeypatch.syspath_prepend(tmp_path)
    for text, message in [
        (GOOD.replace('name="own"', 'name="top"'), r"rival: its plug-in 'rival' .*'top' is registered"),
        ("raise SystemExit(3)\n", r"rival: its plug-in .* cannot be imported: SystemExit: 3; mend or"),
        ("1 / 0\n", r"rival: its plug-in .* cannot be imported: ZeroDivisionError"),
    ]:
        write(tmp_path, text, "rival_methods.py")
        sys.modules.pop("rival_methods", None)
        importlib.invalidate_caches()
        with pytest.raises(InputError, match=message):
            load_entry_points("workbench.methods", METHODS)


def test_an_error_of_a_plugin_in_training_names_its_line(workbench, tmp_path):
    text = GOOD.replace("    def settings", "    def scores(self, *_):\n        1 / 0\n    def settings")
    path = write(tmp_path, text)
    settings = ["--set", "methods=[dense, own]", "--set", "own.epochs=1"]
    answer = workbench(
        "run", write_settings(tmp_path), "--out", tmp_path / "run", "--plugin", path, *settings
    )
    assert answer.code == 1
    line = 1 + text[: text.index("1 / 0")].count("\n")
    assert answer.err.splitlines()[-1] == f"error: {path}:{line}: ZeroDivisionError: division by zero"
