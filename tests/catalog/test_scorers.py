"""The catalogue of scorers: read without being run, in order, and wrong declarations are told."""

import subprocess
import sys
from pathlib import Path

import pytest

from workbench.catalog.declarations import read_declarations
from workbench.catalog.methods import METHODS
from workbench.catalog.plugins import load_plugins, unload_plugins
from workbench.catalog.scorers import (
    CONTROLS,
    SCORERS,
    own_scorer,
    scorer_colour,
    scorer_spec,
    scorer_title,
)
from workbench.errors import InputError

FUNCTION = """
from workbench.catalog.scorers import register_scorer

@register_scorer(
    name="own", title="Own", description="own scores", group="gradient", extra_options=("steps",),
)
def own(task):
    return []
"""


@pytest.fixture(autouse=True)
def no_plugin_stays():
    yield
    unload_plugins()


def load(folder: Path, text: str) -> None:
    (folder / "mine.py").write_text(text, encoding="utf-8")
    load_plugins([folder / "mine.py"])


def test_knowing_the_scorers_imports_no_model_library() -> None:
    code = (
        "import sys; from workbench.catalog.scorers import SCORERS; assert len(SCORERS) >= 34;"
        "print({'torch', 'transformers', 'captum', 'workbench.attribution'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_order_is_by_number_with_controls_last() -> None:
    names = list(SCORERS)
    assert names[:7] == ["cp", "top", "ltp", "transkimmer", "powerbert", "trbert", "saliency"]
    assert names.index("attention") < names.index("rollout") < names.index("integrated-gradients")
    assert names[-4:] == list(CONTROLS) == ["random", "uniform", "position", "oracle"]
    assert len(CONTROLS) == 4
    assert "oracle" in CONTROLS
    assert "saliency" not in CONTROLS
    assert "no such" not in CONTROLS


def test_titles_and_descriptions_are_there_and_titles_differ() -> None:
    titles = [spec.title for spec in SCORERS.values()]
    assert all(titles)
    assert len(set(titles)) == len(titles)
    assert all(spec.description for spec in SCORERS.values())


def test_a_method_has_its_scorer_and_the_scorer_its_methods_colour() -> None:
    assert [own_scorer(method) for method in ("adapler", "top", "dense")] == ["cp", "top", "dense"]
    assert scorer_colour("cp") == METHODS["adapler"].colour
    assert scorer_colour("saliency") == "#009E73"
    assert scorer_colour("random") == scorer_colour("unknown") == "#7F7F7F"


def test_a_head_by_itself() -> None:
    spec = scorer_spec("attention@3")
    assert (spec.head, spec.title) == (3, "attention, head 3")
    assert spec.description == "attention received, mean over queries, head 3"
    assert scorer_spec("attention-cls@0").description == "attention of [CLS], head 0"
    assert scorer_title("attention@3") == spec.title
    assert scorer_title("no such scorer") == "no such scorer"
    for name in ("alti@1", "attention@x", "attention@"):
        with pytest.raises(InputError, match="unknown scorer"):
            scorer_spec(name)


def test_an_unknown_scorer_is_answered_with_the_nearest_and_all() -> None:
    with pytest.raises(InputError, match=r"'salience' \(did you mean saliency\? known: cp, top, "):
        scorer_spec("salience")


def test_a_plugin_stands_after_the_others_and_before_the_controls(tmp_path) -> None:
    load(tmp_path, FUNCTION)
    assert list(SCORERS)[-5:] == ["own", *CONTROLS]
    assert SCORERS["own"].supported_options == {"layers", "granularity", "sign", "steps"}
    assert scorer_colour("own").startswith("#")
    assert scorer_colour("own") != scorer_colour("random")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (FUNCTION.replace(' title="Own",', ""), r"mine\.py:4: scorer 'own': title: "),
        (FUNCTION.replace("title=", "titel="), r"mine\.py:4: .*titel: Unexpected.*fields: name, title"),
        (FUNCTION.replace('"steps"', '"step"'), r"mine\.py:4: .*extra_options.*'steps'"),
        (
            FUNCTION.replace('"gradient"', '"gradients"'),
            r"mine\.py:4: .*group: Input should be 'learned'",
        ),
        (
            FUNCTION.replace('"own"', '"alti"'),
            r"mine\.py:4: the scorer 'alti' is .* already, at .*alti\.py",
        ),
        (FUNCTION.replace('"own"', '"own, too"'), r"mine\.py:4: .*lower-case letters"),
        (FUNCTION.replace('name="own", ', ""), r"mine\.py:4: scorer '\(unnamed\)': name: "),
        (FUNCTION.replace("(task)", "(task, seed)"), r"mine\.py:4: .*takes 'task', 1 argument"),
        (FUNCTION.replace('"own"', '"own", takes="layers"'), r"mine\.py:4: .*for an Observer class"),
        (
            FUNCTION.replace("def own(task):\n    return []", "class Own:\n    pass"),
            r"mine\.py:4: scorer 'own': put register_scorer above a function or an Observer class",
        ),
        (
            "from workbench.catalog.scorers import register_scorer\nregister_scorer(name='own')(3)\n",
            r"mine\.py:2: scorer 'own': put register_scorer above",
        ),
    ],
)
def test_a_wrong_declaration_is_told_with_its_place_and_leaves_nothing(tmp_path, text, message) -> None:
    before = list(SCORERS)
    with pytest.raises(InputError, match=message):
        load(tmp_path, text)
    assert list(SCORERS) == before


@pytest.mark.parametrize("values", ["name=NAME", "**MORE", '"own"', 'name=f"{1}"'])
def test_a_declaration_that_is_read_must_be_literal(tmp_path, values: str) -> None:
    file = tmp_path / "deep" / "mine.py"
    file.parent.mkdir()
    file.write_text(
        f"import torch\n\n@register_scorer({values})\ndef own(task): ...\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match=r"mine\.py:3: .*literals"):
        list(read_declarations(tmp_path, "package", "register_scorer"))


def test_declarations_are_read_from_subfolders_by_decorator(tmp_path) -> None:
    file = tmp_path / "deep" / "mine.py"
    file.parent.mkdir()
    file.write_text(
        "import nothing\n@other\n@register(name='a')\n@register(name='b', options=('x',))\n"
        "class Own: ...\n@register(name='c')\ndef own(): ...\n",
        encoding="utf-8",
    )
    (tmp_path / "plain.py").write_text("def register(): ...\n", encoding="utf-8")
    found = [tuple(one) for one in read_declarations(tmp_path, "package", "register")]
    assert found == [
        (f"{file}:3", "package.deep.mine:Own", True, {"name": "a"}),
        (f"{file}:4", "package.deep.mine:Own", True, {"name": "b", "options": ("x",)}),
        (f"{file}:6", "package.deep.mine:own", False, {"name": "c"}),
    ]
