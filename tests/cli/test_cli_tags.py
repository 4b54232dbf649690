"""`workbench export` on a folder of `workbench tag`, and tagging from Python."""

import numpy as np
import pytest
from transformers import AutoModelForTokenClassification

import workbench as package
from tests.helpers.systems_folders import tags_job
from workbench.engines.manifest import read_manifest
from workbench.errors import InputError
from workbench.pipeline.tagging.job import TaggingJob

SYSTEM = "top-0.3"


@pytest.fixture(scope="module")
def job(tmp_path_factory) -> TaggingJob:
    folder = tmp_path_factory.mktemp("tags")
    return tags_job(folder / "out", folder)


def texts(job: TaggingJob):
    return [(one.document.id, list(one.document.words)) for one in job.texts.splits["test"]]


def judged(job: TaggingJob, system: str = SYSTEM) -> dict[str, list[str]]:
    from workbench.runs.tags import TagsFolder

    return TagsFolder(job.folder).said(system)


def test_tags_are_those_of_the_evaluation(job) -> None:
    model, tokenizer = package.load_tagger(job.folder / "models" / SYSTEM)
    in_pools = package.tag_texts(model, tokenizer, texts(job), max_tokens=10, batch_size=2, pool=2)
    found = list(package.tag_texts(model, tokenizer, texts(job), max_tokens=10))
    assert [one.tags for one in in_pools] == [one.tags for one in found]
    assert {one.text_id: list(one.tags) for one in found} == judged(job)
    assert "B-V" in {tag for one in found for tag in one.tags}
    (system,) = [one for one in job.systems if one.name == SYSTEM]
    tokens = job.model(system).infer_tokens(job.windows("test")).tokens
    np.testing.assert_array_equal(sum(one.tokens for one in found), tokens.sum(axis=0))
    assert sum(one.windows for one in found) == len(tokens) > len(found)
    assert all(one.flops < one.flops_dense for one in found)


def test_texts_that_are_none_are_named(job) -> None:
    model, tokenizer = package.load_tagger(job.folder / "models" / SYSTEM)
    (one,) = package.tag_texts(model, tokenizer, ["a, b"])
    assert one.words == ("a", ",", "b")
    wrong = {
        "text '1': not a text": ["a", ""], "text 'x' comes twice": [("x", "a"), ("x", "b")],
        "text 3: its id is no string": [(3, "a")], "text 'x': not a text": [("x", None)],
        "text '0' is not valid Unicode": ["a \ud800"], "text '0': not a text, or a list": [["a", " "]],
    }  # fmt: skip
    for told, given in wrong.items():
        with pytest.raises(InputError, match=told):
            list(package.tag_texts(model, tokenizer, given))
    with pytest.raises(InputError, match="a single string"):
        package.tag_texts(model, tokenizer, "a b")
    with pytest.raises(InputError, match="batch_size 0"):
        package.tag_texts(model, tokenizer, ["a b"], batch_size=0)


@pytest.mark.parametrize("system", ["dense", SYSTEM])
def test_an_exported_tagger_is_loaded_by_transformers(workbench, job, tmp_path, system) -> None:
    out = tmp_path / "out"
    answer = workbench("export", "--run", job.folder, "--method", system, "--to", out)
    assert (answer.code, answer.out) == (0, f"{out}\n")
    loaded = AutoModelForTokenClassification.from_pretrained(out, trust_remote_code=False)
    assert loaded.config.model_type == ("bert" if system == "dense" else "workbench-bert")
    card = (out / "README.md").read_text()
    assert "pipeline_tag: token-classification" in card
    assert "AutoModelForTokenClassification" in card
    assert "question" not in card
    model, tokenizer = package.load_tagger(out)
    found = package.tag_texts(model, tokenizer, texts(job), max_tokens=10)
    assert {one.text_id: list(one.tags) for one in found} == judged(job, system)


def test_graphs_are_held_against_torch_and_tag_alike(workbench, job, tmp_path) -> None:
    pytest.importorskip("onnxruntime", reason="needs the extra [onnx]")
    pytest.importorskip("onnxscript", reason="needs the extra [onnx]")
    out = tmp_path / "graphs"
    answer = workbench(
        "export", "--run", job.folder, "--method", SYSTEM, "--to", out, "--format", "onnx"
    )
    assert answer.code == 0, answer.err
    manifest = read_manifest(out)
    assert (manifest.task, manifest.questions) == ("tokens", None)
    assert manifest.dev.words == sum(len(one.tags) for one in job.texts.splits["dev"])
    assert manifest.dev.same_tag == manifest.dev.same_tokens == 1
    assert manifest.dev.f1 == manifest.dev.f1_torch > 0
    assert manifest.in_words() in (out / "README.md").read_text()
    model, tokenizer = package.load_tagger(out, engine="onnxruntime", threads=1)
    found = package.tag_texts(model, tokenizer, texts(job), max_tokens=10)
    assert {one.text_id: list(one.tags) for one in found} == judged(job)
    with pytest.raises(InputError, match="its model tags words, and one that answers questions"):
        package.load_answerer(out, engine="onnxruntime")
