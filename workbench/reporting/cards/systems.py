"""The card of an exported model that answers questions or tags words, from what its folder recorded."""

from pathlib import Path

import yaml
from huggingface_hub import ModelCardData

from workbench.catalog.methods import METHODS
from workbench.config.tagging import TaggingConfig
from workbench.reporting.cards.model import shown_place, source_of
from workbench.reporting.tables.systems import answers_table, tags_table
from workbench.reporting.tables.table import markdown
from workbench.reporting.text.render import render
from workbench.runs.folder import MODEL_CARD
from workbench.runs.open_systems import OpenedSystems
from workbench.runs.systems import System
from workbench.runs.tags import TagsFolder
from workbench.storage.atomic import write_text


def write_system_card(
    trained: OpenedSystems, system: str, folder: Path, *, graphs: str | None = None
) -> None:
    """Write README.md of an exported model; InputError for a damaged folder.

    Args:
        trained: What `workbench answer` or `workbench tag` wrote.
        system: Whose model.
        folder: Where the card goes.
        graphs: What is to be said of its ONNX graphs, where it was exported as some.
    """
    found = trained.system(system)
    write_text(folder / MODEL_CARD, _text(trained, found, graphs))


def _text(trained: OpenedSystems, system: System, graphs: str | None) -> str:
    spec, tags = METHODS[system.method], isinstance(trained, TagsFolder)
    config = trained.config
    run = config.run
    name, backbone = f"{run.name}-{system.name}", str(run.backbone)
    metadata = ModelCardData(
        license="unknown",
        library_name="transformers" if graphs is None else "onnx",
        pipeline_tag="token-classification" if tags else "question-answering",
        tags=["rationale-workbench", system.method],
        base_model=backbone if backbone != "packaged" and shown_place(backbone) == backbone else None,
    )
    measured, results = trained.measured, None
    if measured is not None:
        measured = measured[measured["system"].isin([METHODS["dense"].title, system.title])]
        made = (tags_table if tags else answers_table)(measured, "", 0)
        results = markdown(made.shown) if len(measured) else None
    settings = config.section(system.method, system.strength).model_dump(mode="json")
    if settings.get("checkpoint"):
        settings["checkpoint"] = shown_place(settings["checkpoint"])
    chosen = {"backbone": shown_place(backbone), "seed": run.seed, system.method: settings}
    return render(
        "system_card.md.j2",
        metadata=metadata.to_yaml(),
        name=name,
        description=spec.summary,
        plain=not spec.drops_tokens,
        graphs=graphs,
        source=source_of(run.model_dump(mode="json")),
        asked=None if isinstance(config, TaggingConfig) else config.questions,
        max_tokens=run.data.max_tokens,
        results=results,
        settings=yaml.safe_dump(chosen, sort_keys=False, allow_unicode=True),
    )
