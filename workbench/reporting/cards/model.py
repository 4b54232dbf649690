"""The cards of a model and its data, in the hub's form, from what its run recorded and nothing else."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from huggingface_hub import EvalResult, ModelCardData

from workbench.catalog.methods import METHODS
from workbench.core.task_type import PROBLEM_TYPES
from workbench.errors import InputError
from workbench.metrics.classification import judged_by
from workbench.reporting.tables.main import main_table
from workbench.reporting.tables.table import markdown
from workbench.reporting.text.aims import aim_words
from workbench.reporting.text.render import markdown_line, render
from workbench.reporting.text.summary import quality_loss
from workbench.reporting.text.wording import rationale_sentence
from workbench.runs.folder import DATA_CARD, MODEL_CARD, Run
from workbench.runs.stages import Stages
from workbench.runs.tables import RunData, read_run_data
from workbench.storage.atomic import read_json, write_text

_NOT_RECORDED = "not recorded"
_HUB_METRICS = {
    "accuracy": "accuracy",
    "macro_f1": "f1",
    "micro_f1": "f1",
    "matthews": "matthews_correlation",
    "pearson": "pearsonr",
    "spearman": "spearmanr",
}


def write_cards(run_folder: Path) -> list[str]:
    """Write both cards into the folder of every model that was trained in this run; their methods.

    A model shared with another run (a comparison's dense one) keeps the cards that it has from there.
    Files are replaced, never written into. Raises InputError for damaged files, WorkbenchError when
    the disk refuses.
    """
    run = read_run_data(run_folder)
    trained = [
        method
        for method, stage in Stages(run.folder).done.items()
        if (run.folder / "models" / method).is_dir() and not stage.get("shared")
    ]
    for method in trained:
        _write(run, method, run.folder / "models" / method, exported=False)
    return trained


def write_card(run_folder: Path, method: str, folder: Path, *, graphs: str | None = None) -> None:
    """Write the cards of one exported model; errors as in `write_cards`.

    Args:
        run_folder: The run that trained it.
        method: The method.
        folder: Where the cards go.
        graphs: What is to be said of its ONNX graphs, where it was exported as some.
    """
    _write(read_run_data(run_folder), method, folder, exported=True, graphs=graphs)


def _write(
    run: RunData, method: str, folder: Path, *, exported: bool, graphs: str | None = None
) -> None:
    card = model_card_text(run, method, exported=exported, graphs=graphs)
    for name, text in {MODEL_CARD: card, DATA_CARD: data_card_text(run)}.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != text.encode():
            write_text(path, text)


def model_card_text(run: RunData, method: str, *, exported: bool, graphs: str | None = None) -> str:
    """Write README.md of a method's model.

    Args:
        run: The run that trained it.
        method: The method.
        exported: Whether the folder is for transformers or an engine, else the run's own.
        graphs: What is to be said of its ONNX graphs; None for one without.
    """
    name = f"{run.config.get('name', run.folder.resolve().name)}-{method}"
    known = {"workbench": None, "commit": None, "python": None} | run.environment
    packages = known.get("packages") or {}
    versions = ", ".join(f"{package} {version}" for package, version in packages.items())
    return render(
        "model_card.md.j2",
        metadata=_metadata(run, method, name, library=_library(method, exported, graphs)),
        name=name,
        method=method,
        description=METHODS[method].summary if method in METHODS else f"The method {method}.",
        outputs=_outputs(run, method),
        exported=exported,
        graphs=graphs,
        plain=method in METHODS and not METHODS[method].drops_tokens,
        source=source_of(run.config),
        texts=_texts(run),
        max_tokens=_setting(run, "data", "max_tokens"),
        data_card=DATA_CARD,
        **_results(run, method),
        strength=_strength(run, method),
        settings=_settings(run, method),
        finished=Stages(run.folder).done.get(method, {}).get("finished", _NOT_RECORDED),
        known={key: value or _NOT_RECORDED for key, value in known.items()},
        versions=versions or _NOT_RECORDED,
        machine=_machine(run),
    )


def _library(method: str, exported: bool, graphs: str | None) -> str:
    if graphs is not None:
        return "onnx"
    return "transformers" if exported or method == "dense" else "rationale-workbench"


def _metadata(run: RunData, method: str, name: str, *, library: str) -> str:
    data = run.config.get("data") or {}
    backbone = str(run.config.get("backbone", "packaged"))
    # A path is nobody else's business, and `packaged` is no hub name.
    on_hub = backbone != "packaged" and shown_place(backbone) == backbone
    results = _eval_results(run, method)
    card = ModelCardData(
        license="unknown",
        library_name=library,
        pipeline_tag="text-classification",
        tags=["rationale-workbench", *_family(run, method), method],
        base_model=backbone if on_hub else None,
        datasets=[data["path"]] if data.get("source") == "hub" and data.get("path") else None,
        metrics=[result.metric_type for result in results] or None,
        model_name=name if results else None,
        eval_results=results or None,
    )
    return str(card.to_yaml())


def _eval_results(run: RunData, method: str) -> list[EvalResult]:
    rows = run.rows("classification")
    if rows is None:
        return []
    source = source_of(run.config)
    return [
        EvalResult(
            task_type="text-classification",
            dataset_type=source,
            dataset_name=source,
            dataset_split=run.split,
            metric_type=_HUB_METRICS.get(row["metric"], row["metric"]),
            metric_name=row["metric"],
            metric_value=float(row["value"]),
        )
        for row in rows[rows["method"].astype(str) == method].to_dict("records")
    ]


def _family(run: RunData, method: str) -> list[str]:
    """Return the encoder's family, by its name in the hub; nothing where it is not recorded."""
    said = read_json(Run(run.folder).model_folder(method) / "config.json").get("model_type")
    return [said] if isinstance(said, str) else []


def _outputs(run: RunData, method: str) -> str:
    folder = Run(run.folder).model_folder(method)
    config = read_json(folder / "config.json", "id2label")
    labels = config["id2label"]
    named = ", ".join(markdown_line(label) for label in labels.values()) or _NOT_RECORDED
    if config.get("problem_type") == PROBLEM_TYPES["multi-label"]:
        return f"Labels, any number of them per text, each with a probability of its own: {named}."
    return f"A regression, its value: {named}." if len(labels) == 1 else f"Classes: {named}."


def _texts(run: RunData) -> str:
    splits = (run.about.get("data") or {}).get("splits") or {}
    counts = [f"{split} {int(row['texts']):,}" for split, row in splits.items()]
    return f"texts {', '.join(counts)}" if counts else "the number of texts was not recorded"


def _results(run: RunData, method: str) -> dict[str, Any]:
    """The table beside the dense model, its caption, and what was lost against that."""
    tables = (run.rows(name) for name in ("classification", "efficiency"))
    quality, speed = (
        rows if rows is None else rows[rows["method"].astype(str).isin(["dense", method])]
        for rows in tables
    )
    if quality is None or method not in set(quality["method"].astype(str)):
        return {"results": None}
    facts = f"Split {run.split}, 1 seed ({_setting(run, 'seed')}). Timed on: {_machine(run)}."
    aims = None if run.aims is None else run.aims[run.aims["method"].astype(str) == method]
    only_these = run.config | {"methods": ["dense", method]}
    table = main_table(quality, speed, f"{facts} {aim_words(aims)}", config=only_these, aims=aims)
    loss = None if method == "dense" else quality_loss(run, method)
    lost = loss and {
        "metric": judged_by(quality),
        "points": f"{100 * loss.value:.1f} points [{100 * loss.low:.1f}, {100 * loss.high:.1f}]",
    }
    return {"results": markdown(table.shown), "conventions": table.caption, "lost": lost}


def _strength(run: RunData, method: str) -> str:
    lines = []
    spec = METHODS.get(method)
    if spec is not None and spec.strength is not None:
        key = f"{method}.{spec.strength.key}"
        lines.append(f"Strength: `{key}` = {_setting(run, *key.split('.'))}.")
    learned = spec.threshold.parameter if spec is not None and spec.threshold is not None else None
    if learned is not None:
        values = _learned(run.folder / "models" / method / "policy.safetensors", learned)
        shown = ", ".join(f"{value:.4g}" for value in values)
        lines.append(f"Learned thresholds (`{learned}`), layer by layer: {shown}.")
    remaining = None if run.predicted is None else run.predicted[run.predicted["method"] == method]
    if remaining is not None and len(remaining):
        means = np.stack(remaining["tokens"].map(np.asarray).tolist()).mean(axis=0)
        shown = ", ".join(f"{mean:.1f}" for mean in means)
        lines.append(f"Tokens in each layer's self-attention, mean over the texts: {shown}.")
    return "\n\n".join(lines)


def _learned(path: Path, name: str) -> np.ndarray:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        values: np.ndarray = load_file(path)[name]
    except (OSError, SafetensorError, KeyError) as error:
        raise InputError(f"{path}: not the weights of a policy with {name}: {error}") from None
    return values


def _settings(run: RunData, method: str) -> str:
    section = run.config.get(method, _NOT_RECORDED)
    if isinstance(section, dict) and section.get("checkpoint"):
        section = section | {"checkpoint": shown_place(section["checkpoint"])}
    chosen = {
        "backbone": shown_place(run.config.get("backbone", _NOT_RECORDED)),
        "seed": run.config.get("seed", _NOT_RECORDED),
        method: section,
    }
    text: str = yaml.safe_dump(chosen, sort_keys=False, allow_unicode=True)
    return text


def _machine(run: RunData) -> str:
    machine = run.environment.get("machine") or {}
    cores = machine.get("cores")
    parts = [machine.get("system"), machine.get("processor"), machine.get("gpu")]
    parts.append(f"{cores} cores" if cores else None)
    return markdown_line(", ".join(str(part) for part in parts if part)) or _NOT_RECORDED


def _setting(run: RunData, *keys: str) -> Any:
    value: Any = run.config
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return _NOT_RECORDED if value is None else value


def data_card_text(run: RunData) -> str:
    """Write data_card.md: source, splits, classes, shared texts, and all that was decided on the way."""
    recorded = run.about.get("data") or {}
    return render(
        "data_card.md.j2",
        name=run.config.get("name", run.folder.resolve().name),
        source=source_of(run.config),
        rationales=rationale_sentence(run.config),
        splits=_by_split(recorded.get("splits"), "quantity"),
        classes=_by_split(recorded.get("classes"), "label"),
        shared=_shared(recorded.get("leaks")),
        notes=[*run.warnings, *run.about.get("notes", [])],
    )


def source_of(config: dict[str, Any]) -> str:
    """Return the data's source; of a path on this machine the last part only."""
    data = config.get("data") or {}
    parts = [str(data.get("source", "not recorded")), shown_place(data.get("path")), data.get("subset")]
    return markdown_line(", ".join(str(part) for part in parts if part))


def shown_place(place: object) -> str | None:
    """Return a hub name as it is, a path without the folders that lead to it."""
    if place is None:
        return None
    path = Path(str(place))
    return path.name if path.is_absolute() or path.exists() else str(place)


def _by_split(values: dict[str, dict[str, Any]] | None, first: str) -> str:
    if not values:
        return ""
    shown = pd.DataFrame(values).map(
        lambda value: "–" if value is None or value != value else f"{value:,.6g}"
    )
    return markdown(shown.rename_axis(first).reset_index())


def _shared(leaks: list[dict[str, Any]] | None) -> str:
    if leaks is None:
        return ""
    names = {"texts": "shared texts", "first_texts": "shared first texts"}
    return markdown(pd.DataFrame(leaks).rename(columns=names)) if leaks else "There is one split."
