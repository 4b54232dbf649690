"""Folders of `workbench answer` and `workbench tag` of a tiny BERT, trained and judged in seconds."""

from pathlib import Path

from tests.helpers.toys import save_folder, tiny_config
from tests.pipeline.test_questions import squad_file
from tests.pipeline.test_tagging import conll_file
from workbench.config.questions import QuestionsConfig
from workbench.config.tagging import TaggingConfig
from workbench.pipeline.questions.job import QuestionsJob
from workbench.pipeline.questions.plausibility import answers_plausibility
from workbench.pipeline.systems.evaluate import make_systems
from workbench.pipeline.tagging.job import TaggingJob

SECTION = {"epochs": 1, "batch_size": 8}


def answers_job(folder: Path, sources: Path, backbone: Path) -> QuestionsJob:
    """`dense` and `top` at 0.3, trained and judged with a scorer; passages of 26 letters in two windows.

    Args:
        folder: What is made.
        sources: Where the questions go.
        backbone: A BERT of letters.
    """
    run = {
        "name": "asked", "backbone": str(backbone), "methods": ["dense", "top"],
        "data": {"source": "squad", "path": str(squad_file(sources / "letters.json"))},
        "dense": SECTION, "top": SECTION | {"rank_top_k": 4},
        "evaluation": {"bootstrap": 20, "random_draws": 3},
    }  # fmt: skip
    asked = {"max_tokens": 24, "stride": 4, "dev_share": 0.4, "rules": "squad-1.1",
             "scorers": ["saliency"]}  # fmt: skip
    values = {"run": run, "questions": asked, "strengths": {"top": [0.3]}}
    job = QuestionsJob(folder, QuestionsConfig.model_validate(values))
    make_systems(job, answers_plausibility)
    return job


def tags_job(folder: Path, sources: Path) -> TaggingJob:
    """`dense` and `top` at 0.3, which learn that vowels are entities; texts of at most 13 letters.

    Args:
        folder: What is made.
        sources: Where the texts and the backbone go.
    """
    # Small first weights and no dropout, so that the toy learns in a few steps.
    calm = tiny_config(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, initializer_range=0.05)
    paths = {
        split: str(conll_file(sources / f"{split}.conll", n, seed))
        for seed, (split, n) in enumerate({"train": 80, "dev": 8, "test": 12}.items())
    }
    run = {
        "name": "tagged", "backbone": str(save_folder(sources / "backbone", calm)),
        "methods": ["dense", "top"], "data": {"source": "conll", "paths": paths, "max_tokens": 10},
        "dense": SECTION | {"epochs": 6, "learning_rate": 1e-2},
        "top": SECTION | {"rank_top_k": 4},
    }  # fmt: skip
    job = TaggingJob(folder, TaggingConfig.model_validate({"run": run, "strengths": {"top": [0.3]}}))
    make_systems(job)
    return job
