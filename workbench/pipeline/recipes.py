"""What each stage of a run depends on: its own settings, the content it reads, the stages before it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.catalog.methods import METHODS
from workbench.catalog.scorers import SCORERS
from workbench.config.run import RunConfig
from workbench.models.pretrained import content_of_backbone
from workbench.pipeline.content import Content
from workbench.runs.stages import Recipe
from workbench.storage.fingerprints import fingerprint


@dataclass(frozen=True)
class Recipes:
    """What the stages of a run depend on.

    Settings that change nothing in a stage are not in its recipe; files are there by their content, so
    that a changed file counts and a moved one does not.
    """

    config: RunConfig
    content: Content

    def of(self, stage: str) -> Recipe | None:
        """Return what a method's training, or a later stage, depends on; None for an unknown stage."""
        config = self.config
        match stage:
            case "predictions":
                recipe = self._evaluation(["bootstrap"], config.methods)
                recipe["content"] |= self._label_shares(recipe["content"]["texts"])
                return recipe
            case "plausibility":
                return self._plausibility()
            case "efficiency":
                recipe = self._evaluation([], ["predictions"])
                recipe["settings"] |= config.efficiency.model_dump(mode="json")
                return recipe
            case "controls":
                dropping = [method for method in config.methods if METHODS[method].drops_tokens]
                return self._on_rationales(["bootstrap", "controls", "random_draws"], dropping)
            case "faithfulness":
                keys = ["bootstrap", "faithfulness", "max_scored", "random_draws"]
                return self._on_rationales(keys, ["plausibility"])
            case "about":
                recipe = self._on_rationales(["scorers", "max_scored", "controls", "faithfulness"], [])
                # A setting that came since, at its default, makes nothing new.
                data = config.data.model_dump(mode="json", exclude_defaults=True)
                recipe["settings"] |= {"data": data, "methods": config.methods}
                return recipe
            case "bench" | "engines":
                return bench_recipe(self._keys(config.methods))
        return self._training(stage) if stage in METHODS else None

    def key(self, stage: str) -> str:
        """Return a short hash of what a stage depends on."""
        return fingerprint(self.of(stage))

    def _training(self, method: str) -> dict[str, Any]:
        config, content = self.config, self.content
        section = config.section(method)
        settings = section.model_dump(mode="json")
        read: dict[str, Any] = {"code": METHODS.code(method)}
        checkpoint = getattr(section, "checkpoint", None)
        if checkpoint is not None:
            read["checkpoint"] = content_of_backbone(checkpoint)
        if method != "dense":
            return {"settings": settings, "content": read, "stages": self._keys(["dense"])}
        read["texts"] = {split: content.texts[split] for split in ("training", "dev")}
        read |= {"labels": content.labels, "backbone": content.backbone}
        read |= self._label_shares(["training"])
        return {"settings": settings | {"seed": config.seed, "kernels": config.kernels}, "content": read}

    def _plausibility(self) -> dict[str, Any]:
        scorers = self.config.evaluation.scorers
        explained = {SCORERS[scorer.partition("@")[0]].method or "dense" for scorer in scorers}
        models = [method for method in self.config.methods if method in explained]
        recipe = self._on_rationales(["bootstrap", "scorers", "max_scored", "random_draws"], models)
        # Only annotated spans are compared as spans.
        recipe["settings"]["rationales"] = self.config.data.rationales
        names = (scorer.partition("@")[0] for scorer in scorers)
        recipe["content"]["code"] = {name: SCORERS.code(name) for name in names}
        return recipe

    def _on_rationales(self, keys: list[str], stages: Iterable[str]) -> dict[str, Any]:
        recipe = self._evaluation(keys, stages)
        splits = self.config.evaluation.splits
        recipe["content"]["rationales"] = {split: self.content.rationales[split] for split in splits}
        return recipe

    def _evaluation(self, keys: list[str], stages: Iterable[str]) -> dict[str, Any]:
        """What all that is measured on the evaluated splits depends on, and some settings more."""
        splits = dict.fromkeys([*self.config.evaluation.splits, "dev"])
        some = self.config.evaluation.model_dump(mode="json", include={"splits", "batch_size", *keys})
        return {
            "settings": some | {"seed": self.config.seed},
            "content": {"texts": {split: self.content.texts[split] for split in splits}},
            "stages": self._keys(stages),
        }

    def _label_shares(self, splits: Iterable[str]) -> dict[str, Any]:
        """What annotators' labels add to the content of a stage; nothing where one person labelled."""
        given = self.content.label_shares
        found = {split: given[split] for split in splits if split in given}
        return {"label_shares": found} if found else {}

    def _keys(self, stages: Iterable[str]) -> dict[str, str]:
        return {stage: self.key(stage) for stage in stages}


def bench_recipe(models: Mapping[str, str]) -> Recipe:
    """Return what the measurements of `workbench bench` depend on: the models, by their keys."""
    return {"stages": dict(models)}
