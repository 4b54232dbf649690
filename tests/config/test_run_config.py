"""The configuration of a run: typed, and with every unknown key refused."""

from pathlib import Path

import pytest

from workbench.config.comparison import CompareConfig
from workbench.config.loading import apply_overrides, dump_config, load_config, parse_config, validated
from workbench.config.run import RunConfig
from workbench.errors import InputError

SOURCE = "data: {source: imdb"
"""The beginning of a section that names its texts."""


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "run.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refusal(path: Path, *overrides: str) -> str:
    with pytest.raises(InputError) as caught:
        load_config(path, list(overrides))
    assert str(caught.value).startswith((str(path), "--set"))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_with_a_source_alone_is_the_default_run(write) -> None:
    assert load_config(write("data: {source: rotten-tomatoes}")) == RunConfig()


@pytest.mark.parametrize(
    "text", ["", "# nothing", "name: x", "data:", "data: {}", "data: {max_tokens: 32}"]
)
def test_a_file_must_name_its_texts(write, text: str) -> None:
    """Else a file with a forgotten section would train on the demo's corpus."""
    path = write(text)
    told = "names no texts: set data.source to one that `workbench data list` shows"
    assert refusal(path) == f"{path}: {told}"
    assert load_config(path, ["data.source=imdb"]).data.source == "imdb"


def test_what_is_wrong_is_told_before_what_is_missing(write) -> None:
    assert "unknown key data.sauce" in refusal(write("data: {sauce: imdb}"))
    assert "data: " in refusal(write("data: 3"))


def test_values_arrive_where_they_belong(write) -> None:
    config = load_config(write(f"name: x\n{SOURCE}, max_tokens: 128}}\ntop:\n  bins: 7\n"))
    assert (config.name, config.data.max_tokens, config.top.bins) == ("x", 128, 7)


@pytest.mark.parametrize(
    ("text", "key", "nearest"),
    [
        ("seeed: 1", "seeed", "seed"),
        ("data: {max_token: 64}", "data.max_token", "max_tokens"),
        ("adapler: {gama: 0.1}", "adapler.gama", "gamma"),
        ("top: {target_sparsty: 0.1}", "top.target_sparsty", "target_sparsity"),
    ],
)
def test_an_unknown_key_names_the_nearest(write, text: str, key: str, nearest: str) -> None:
    assert f"unknown key {key} (did you mean {nearest}?)" in refusal(write(text))


def test_an_unknown_key_like_none_lists_the_known(write) -> None:
    assert "unknown key zzz (known: name, seed, backbone" in refusal(write("zzz: 1"))


def test_a_method_specific_key_is_unknown_elsewhere(write) -> None:
    assert "unknown key dense.gamma" in refusal(write("dense: {gamma: 0.1}"))


def test_all_problems_are_named_at_once(write) -> None:
    message = refusal(write("seed: -1\nzzz: 1\ntop: {bins: 0}"))
    assert "seed: " in message
    assert "zzz" in message
    assert "top.bins: " in message


@pytest.mark.parametrize(
    "text",
    [
        "adapler: {eta_start: 2}",
        "dense: {epochs: 0}",
        "dense: {learning_rate: 0}",
        "top: {target_sparsity: 1}",
        "evaluation: {batch_size: none}",
        "dense: {epochs: 1000000000000000000}",
        "dense: {batch_size: 1000000000000}",
        "dense: {learning_rate: inf}",
        "dense: {gradient_accumulation: 1000000000000}",
        "top: {bins: 100000000000000}",
        "adapler: {predictor_width: 1000000000000}",
        "trbert: {selector_width: 1000000000000}",
        "trbert: {samples: 1000000000000}",
        "data: {max_tokens: 1000000000000}",
        "evaluation: {bootstrap: 1000000000000}",
        "evaluation: {random_draws: 1000000000000}",
        "evaluation: {faithfulness: {curve_steps: 1000000000000}}",
        "evaluation: {faithfulness: {soft_draws: 1000000000000}}",
        "evaluation: {faithfulness: {pool: 1000000000000}}",
        "efficiency: {repeats: 1000000000000}",
        "seed: many",
    ],
)
def test_values_out_of_range_are_refused_with_what_was_given(write, text: str) -> None:
    key, given = text.replace("{", "").replace("}", "").replace(":", "").split()[-2:]
    message = refusal(write(text))
    assert key in message
    assert given.strip("],") in message


@pytest.mark.parametrize("methods", ["[]", "[adapler]", "[adapler, dense]", "[dense, top, top]"])
def test_methods_must_start_with_dense_each_once(write, methods: str) -> None:
    assert "must start with dense, each method once" in refusal(write(f"methods: {methods}"))


def test_methods_may_be_few_and_in_any_order_after_dense(write) -> None:
    for methods in (["dense"], ["dense", "top", "adapler"]):
        assert load_config(write(f"methods: {methods}\n{SOURCE}}}")).methods == methods


def test_later_methods_run_and_score_only_when_named() -> None:
    config = RunConfig()
    assert config.methods == ["dense", "adapler", "top"]
    later = ["ltp", "transkimmer", "powerbert", "trbert"]
    assert not set(later) & set(config.evaluation.scorers)
    named = {"methods": ["dense", "distilbert", *later], "evaluation": {"scorers": later}}
    assert parse_config(named, "here").methods == named["methods"]


def test_an_unknown_method_is_refused(write) -> None:
    assert "methods" in refusal(write("methods: [dense, magic]"))


@pytest.mark.parametrize("text", ["a: [1", "a: b: c", "\t- x"])
def test_bad_yaml_is_one_line_that_names_the_file(write, text: str) -> None:
    assert "not valid YAML" in refusal(write(text))


@pytest.mark.parametrize("text", ["- a\n- b", "just words", "3"])
def test_the_top_level_must_be_a_mapping(write, text: str) -> None:
    assert "mapping" in refusal(write(text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "no such configuration file" in refusal(tmp_path / "absent.yaml")


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path)


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("name: größe".encode("latin-1"))
    assert "cannot be read" in refusal(path)


def test_overrides_win_over_the_file(write) -> None:
    path = write(f"seed: 1\n{SOURCE}, max_tokens: 32, max_dev: 7}}")
    config = load_config(
        path, ["seed=2", "data.max_tokens=64", "top.rank_layers=[1, 2]", "name=a=b", "data.max_dev="]
    )
    assert config.seed == 2
    assert config.data.max_tokens == 64
    assert config.top.rank_layers == [1, 2]
    assert config.name == "a=b"
    assert config.data.max_dev is None


def test_an_override_changes_its_section_alone_behind_a_yaml_alias_too(write) -> None:
    path = write(f"{SOURCE}}}\nadapler: &same {{epochs: 4}}\ntop: *same")
    config = load_config(path, ["adapler.epochs=2"])
    assert (config.adapler.epochs, config.top.epochs) == (2, 4)


def test_the_last_override_wins(write) -> None:
    assert load_config(write(f"{SOURCE}}}"), ["seed=2", "seed=3"]).seed == 3


@pytest.mark.parametrize("override", ["seed", "=3", "data.=3", ".seed=3", "a..b=3"])
def test_an_override_without_key_or_value_is_refused(write, override: str) -> None:
    assert f"--set {override!r}: expected a.b=value" in refusal(write(""), override)


def test_an_override_inside_a_value_is_refused(write) -> None:
    assert "seed is not a section" in refusal(write("seed: 1"), "seed.x=3")


def test_an_override_that_is_not_yaml_is_refused(write) -> None:
    assert "not valid YAML" in refusal(write(""), "top.rank_layers=[1")


def test_an_unknown_override_names_the_nearest(write) -> None:
    assert "did you mean max_tokens?" in refusal(write(""), "data.max_tokns=3")


def test_overrides_leave_the_given_mapping_alone() -> None:
    values = {"data": {"max_tokens": 32}}
    assert apply_overrides(values, ["data.max_tokens=64"]) == {"data": {"max_tokens": 64}}
    assert values == {"data": {"max_tokens": 32}}


def test_a_dumped_configuration_reads_back_equal(write) -> None:
    config = parse_config(
        {
            "name": "größe: # 1",
            "seed": 3,
            "methods": ["dense", "top"],
            "data": {"source": "hub", "path": "glue", "subset": "sst2", "max_train": 5},
            "adapler": {"lambda_start": 1e-7, "gamma": 0.0},
            "top": {"rank_layers": [1, 2], "fine_start": -3.25},
            "evaluation": {"splits": ["dev", "test"], "scorers": ["cp"]},
        },
        "here",
    )
    assert load_config(write(dump_config(config))) == config
    assert load_config(write(dump_config(RunConfig()))) == RunConfig()


def test_a_dumped_configuration_holds_every_key(write) -> None:
    text = dump_config(RunConfig())
    assert "learning_rate: 5.0e-05" in text
    assert "max_train: null" in text


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        RunConfig().seed = 3  # type: ignore[misc]


def test_the_origin_is_named() -> None:
    with pytest.raises(
        InputError, match=r"unknown key text_column \(did you mean data\.text_column\?\)"
    ):
        parse_config({"text_column": "a"}, "demo")
    with pytest.raises(InputError, match=r"^demo: unknown key sed \(did you mean seed\?\)$"):
        parse_config({"sed": 1}, "demo")


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "..",
        ".hidden",
        "../../x",
        "/tmp/x",
        "a/b",
        "a\\b",
        "a\nb",
        "a\x1b]0;b",
        "x\u202ey",
        "x" * 201,
    ],
)
def test_a_name_is_that_of_one_folder(name: str) -> None:
    for kind in (RunConfig, CompareConfig):
        with pytest.raises(InputError, match=r"^here: name: (must be the name of|longer than)"):
            validated(kind, {"name": name}, "here")


@pytest.mark.parametrize("name", ["run", "Größe 2", "a..b", "-x", "v1.2"])
def test_other_names_are_taken(name: str) -> None:
    assert parse_config({"name": name}, "here").name == name


@pytest.mark.parametrize(
    "override",
    [
        "efficiency.batch_sizes=[]", "efficiency.batch_sizes=[0, -1]", "efficiency.batch_sizes=[8, 8]",
        "evaluation.splits=[]", "evaluation.splits=[test, test]", "evaluation.controls=[first, first]",
        "evaluation.scorers=[random, random]", "evaluation.faithfulness.bins=[]",
        "evaluation.faithfulness.bins=[0.1, 0.1]", "evaluation.faithfulness.layers=[]",
        "top.rank_layers=[]", "top.rank_layers=[1, 1]", "top.rank_layers=[-1]",
        "seed=4294967296", "seed=9223372036854775807", "seed=-1", "adapler.phi=.inf",
        "top.fine_start=.nan", "dense.learning_rate=.inf", "data.max_train=.inf",
        "evaluation.max_scored=0",
    ],
)  # fmt: skip
def test_lists_seeds_and_numbers_that_no_run_ends_with_are_refused(write, override: str) -> None:
    assert f"{override.partition('=')[0]}" in refusal(write(""), override)


def test_a_message_is_short_whatever_was_given(write) -> None:
    for text in ("name: " + "x" * 9999, "x" * 9999 + ": 1", "".join(f"k{n}: 1\n" for n in range(999))):
        assert len(refusal(write(text))) < 3000
    assert "and 989 more" in refusal(write("".join(f"k{n}: 1\n" for n in range(999))))
