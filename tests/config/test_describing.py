"""What `workbench config` says of the four configurations, and their JSON schemas."""

from pathlib import Path
from typing import get_args

import pytest
import yaml

from workbench.config.describing import Kind, configuration_class, json_schema, sections_of

ROOT = Path(__file__).parents[2]
GIVEN = {
    "run": ["configs/imdb.yaml", "configs/hatexplain.yaml", "workbench/config/presets/demo.yaml"],
    "compare": ["configs/compare-demo.yaml", "configs/compare-rotten-tomatoes.yaml"],
    "answer": ["configs/xquad.yaml"],
    "tag": ("configs/rationale-tags.yaml",),
}


def test_every_key_has_a_default_and_methods_their_sections() -> None:
    sections = {section.name: section for section in sections_of(configuration_class("run"))}
    keys = {key.name: key for key in sections["top"].keys}
    assert keys["top.target_sparsity"].default == "0.45"
    assert "evaluation.faithfulness" in sections
    batch = next(key for key in sections["dense"].keys if key.name == "dense.batch_size")
    assert (batch.takes, batch.default) == ("whole number, ≥ 1 and ≤ 65536", "16")
    assert batch.meaning == "Windows in a step, at most 65,536."


@pytest.mark.parametrize("kind", get_args(Kind))
def test_the_schema_takes_what_we_ship_and_refuses_a_slip(kind: Kind) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    schema = json_schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for path in GIVEN[kind]:
        values = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
        assert [error.message for error in validator.iter_errors(values)] == [], path
    run = {"top": {"target_sparsty": 0.5}}
    assert not validator.is_valid(run if kind == "run" else {"run": run})


@pytest.mark.parametrize("kind", ["answer", "tag"])
def test_the_schema_of_systems_lacks_the_trackers_that_they_refuse(kind: Kind) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    validator = jsonschema.Draft202012Validator(json_schema(kind))
    assert not validator.is_valid({"run": {"report_to": ["tensorboard"]}})
    (run,) = [key for key in next(sections_of(configuration_class(kind))).keys if key.name == "run"]
    assert run.meaning.endswith("not `report_to`.")
    jsonschema.validate({"report_to": ["tensorboard"]}, json_schema("run"))


def test_the_schema_of_a_comparison_lacks_what_the_comparison_sets() -> None:
    properties = json_schema("compare")["$defs"]["RunConfig"]["properties"]
    assert "adapler" in properties
    assert not {"methods", "seed"} & set(properties)
