"""The cards of a trained model, in the hub's form, from what its run recorded and nothing else."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from huggingface_hub import EvalResult, ModelCardData

from workbench.config.comparison import STRENGTHS
from workbench.metrics.classification import judged_by
from workbench.reporting.cards.data import data_card_text, shown_place, source_of
from workbench.reporting.tables.main import main_table
from workbench.reporting.tables.markdown import cell, markdown
from workbench.reporting.text.summary import quality_loss
from workbench.runs.stages import Stages
from workbench.runs.tables import RunData, read_run_data
from workbench.storage.atomic import write_text

MODEL_CARD, DATA_CARD = "README.md", "data_card.md"
METHODS = {
    "dense": "A BERT classifier, fine-tuned; it drops no token.",
    "distilbert": "DistilBERT (Sanh et al., 2019): a smaller BERT that drops no token.",
    "adapler": "AdapLeR (Modarressi et al., ACL 2022): before every layer a predictor gives each of the "
    "n tokens that are left a share; a token stays if its share is at least eta / n.",
    "top": "ToP (Li et al., KDD 2023): tokens are ranked by the attention they received in the layer "
    "before, and learned gates say which ranks stay.",
    "ltp": "LTP (Kim et al., KDD 2022): a token stays if the attention that it received in the layer "
    "before is at least the layer's learned threshold.",
    "transkimmer": "Transkimmer (Guan et al., ACL 2022): before every layer a predictor says which "
    "tokens stay.",
    "powerbert": "PoWER-BERT (Goyal et al., ICML 2020): in every layer a learned number of tokens "
    "stays, those that received most attention.",
    "trbert": "TR-BERT (Ye et al., NAACL 2021): at two layers a selector, trained by reinforcement, "
    "says which tokens stay.",
}
"""What each method does, in words for its card."""
_THRESHOLDS = {"adapler": "eta", "ltp": "thresholds"}
"""Methods with a learned threshold per layer, and its name in policy.safetensors."""
_HUB_METRICS = {
    "accuracy": "accuracy",
    "macro_f1": "f1",
    "matthews": "matthews_correlation",
    "pearson": "pearsonr",
    "spearman": "spearmanr",
}
_UNKNOWN = (
    "licence, language, intended use, and how the model treats groups of people: none of this was "
    "recorded or measured"
)


def write_cards(run_folder: Path) -> list[str]:
    """Write both cards into the folder of every model that was trained in this run; their methods.

    A model shared with another run (a comparison's dense one) keeps the cards that it has from there.
    Files are replaced, never written into. Raises InputError for damaged files, WorkbenchError when
    the disk refuses.
    """
    run = read_run_data(run_folder)
    own = [
        method
        for method, stage in Stages(run.folder).done.items()
        if (run.folder / "models" / method).is_dir() and not stage.get("shared")
    ]
    for method in own:
        _write(run, method, run.folder / "models" / method, exported=False)
    return own


def write_card(run_folder: Path, method: str, folder: Path) -> None:
    """Write the cards of one exported model into `folder`; errors as in `write_cards`."""
    _write(read_run_data(run_folder), method, folder, exported=True)


def _write(run: RunData, method: str, folder: Path, *, exported: bool) -> None:
    write_text(folder / MODEL_CARD, model_card_text(run, method, exported=exported))
    write_text(folder / DATA_CARD, data_card_text(run) + "\n")


def model_card_text(run: RunData, method: str, *, exported: bool) -> str:
    """README.md of a method's model, in its run's folder or `exported` for transformers."""
    name = f"{run.config.get('name', run.folder.resolve().name)}-{method}"
    parts = [
        f"---\n{_metadata(run, method, name, exported=exported)}\n---",
        f"# {cell(name)}",
        f"{METHODS.get(method, f'The method {method}.')} {_outputs(run, method)}",
        "## Loading it",
        _loading(method, exported=exported),
        "## Data",
        f"Trained on {source_of(run.config)}: {_texts(run)}. Windows of at most "
        f"{_setting(run, 'data', 'max_tokens')} tokens. Splits, classes, rationales, and everything "
        f"that was cleaned or left out: [{DATA_CARD}]({DATA_CARD}).",
        "## Results",
        _results(run, method),
        "## What makes it drop tokens",
        _strength(run, method),
        "## Training",
        f"```yaml\n{_settings(run, method)}```",
        _provenance(run, method),
        "## Limits",
        "\n".join(f"- {line}" for line in _limits(run)),
        "## Not known",
        f"Not known: {_UNKNOWN}.",
    ]
    return "\n\n".join(parts) + "\n"


def _metadata(run: RunData, method: str, name: str, *, exported: bool) -> str:
    data = run.config.get("data") or {}
    backbone = str(run.config.get("backbone", "packaged"))
    # A path is nobody else's business, and `packaged` is no hub name.
    on_hub = backbone != "packaged" and shown_place(backbone) == backbone
    results = _eval_results(run, method)
    card = ModelCardData(
        license="unknown",
        library_name="transformers" if exported or method == "dense" else "rationale-workbench",
        pipeline_tag="text-classification",
        tags=["rationale-workbench", "bert", method],
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


def _outputs(run: RunData, method: str) -> str:
    path = run.folder / "models" / method / "config.json"
    labels = json.loads(path.read_text(encoding="utf-8")).get("id2label", {})
    named = ", ".join(cell(label) for label in labels.values()) or "not recorded"
    return f"A regression, its value: {named}." if len(labels) == 1 else f"Classes: {named}."


def _loading(method: str, *, exported: bool) -> str:
    plain = method in ("dense", "distilbert")
    ours = "" if plain else "import workbench  # makes the model type known\n"
    hub = (
        f"```python\n{ours}"
        "from transformers import AutoModelForSequenceClassification, AutoTokenizer\n\n"
        'model = AutoModelForSequenceClassification.from_pretrained("FOLDER")\n'
        'tokenizer = AutoTokenizer.from_pretrained("FOLDER")\n```'
    )
    if exported:
        end = (
            "" if plain else "\n\nBatches run packed: a dropped token is gone, padding is not computed."
        )
        return hub + end
    own = '```python\nimport workbench\n\nmodel, tokenizer = workbench.load_classifier("FOLDER")\n```'
    if plain:
        return f"{own}\n\nor, as any other BERT classifier:\n\n{hub}"
    return (
        f"{own}\n\ntransformers alone would load this folder as a BERT that drops nothing. For "
        "`AutoModelForSequenceClassification`, export it: `workbench export --run RUN --method "
        f"{method} --to FOLDER`."
    )


def _texts(run: RunData) -> str:
    splits = (run.about.get("data") or {}).get("splits") or {}
    counts = [f"{split} {int(row['texts']):,}" for split, row in splits.items()]
    return f"texts {', '.join(counts)}" if counts else "the number of texts was not recorded"


def _results(run: RunData, method: str) -> str:
    quality, speed = run.rows("classification"), run.rows("efficiency")
    rows = None if quality is None else quality[quality["method"].astype(str).isin(["dense", method])]
    if rows is None or method not in set(rows["method"].astype(str)):
        return "Not recorded: the run has not been evaluated to its end."
    own = None if speed is None else speed[speed["method"].astype(str).isin(["dense", method])]
    told = f"Split {run.split}, 1 seed ({_setting(run, 'seed')}). Timed on: {_machine(run)}."
    table = main_table(rows, own, told)
    loss = None if method == "dense" else quality_loss(run, method)
    lost = ""
    if loss is not None:
        points = f"{100 * loss.value:.1f} points [{100 * loss.low:.1f}, {100 * loss.high:.1f}]"
        lost = f"\n\nLost against the dense model on the same texts, in {judged_by(rows)}: {points}."
    return f"{markdown(table.shown)}\n\n{table.caption}{lost}"


def _strength(run: RunData, method: str) -> str:
    lines = []
    if method in STRENGTHS:
        key = f"{method}.{STRENGTHS[method]}"
        lines.append(f"Strength: `{key}` = {_setting(run, *key.split('.'))}.")
    if method in _THRESHOLDS:
        from safetensors.numpy import load_file

        values = load_file(run.folder / "models" / method / "policy.safetensors")[_THRESHOLDS[method]]
        shown = ", ".join(f"{value:.4g}" for value in values)
        lines.append(f"Learned thresholds (`{_THRESHOLDS[method]}`), layer by layer: {shown}.")
    left = _tokens_left(run, method)
    if left is not None:
        lines.append(f"Tokens in each layer's self-attention, mean over the texts: {left}.")
    return "\n\n".join(lines) or "Nothing: it drops no token."


def _tokens_left(run: RunData, method: str) -> str | None:
    if run.predicted is None:
        return None
    own = run.predicted[run.predicted["method"].astype(str) == method]
    if own.empty:
        return None
    means = np.stack(own["tokens"].map(np.asarray).tolist()).mean(axis=0)
    return ", ".join(f"{mean:.1f}" for mean in means)


def _settings(run: RunData, method: str) -> str:
    chosen = {
        "backbone": shown_place(run.config.get("backbone", "not recorded")),
        "seed": run.config.get("seed", "not recorded"),
        method: run.config.get(method, "not recorded"),
    }
    if isinstance(chosen[method], dict) and chosen[method].get("checkpoint"):
        chosen[method] = chosen[method] | {"checkpoint": shown_place(chosen[method]["checkpoint"])}
    text: str = yaml.safe_dump(chosen, sort_keys=False, allow_unicode=True)
    return text


def _provenance(run: RunData, method: str) -> str:
    known = run.environment
    packages = known.get("packages") or {}
    versions = ", ".join(f"{name} {version}" for name, version in packages.items()) or "not recorded"
    stage = Stages(run.folder).done.get(method, {})
    return (
        f"Trained until {stage.get('finished', 'not recorded')}. As the run's last command found it: "
        f"rationale-workbench {known.get('workbench', 'not recorded')}, commit "
        f"{known.get('commit') or 'not recorded'}, Python {known.get('python', 'not recorded')}, "
        f"{versions}; machine: {_machine(run)}."
    )


def _machine(run: RunData) -> str:
    machine = run.environment.get("machine") or {}
    parts = [machine.get("system"), machine.get("processor"), machine.get("gpu")]
    cores = machine.get("cores")
    parts.append(f"{cores} cores" if cores else None)
    return cell(", ".join(str(part) for part in parts if part)) or "not recorded"


def _limits(run: RunData) -> list[str]:
    tokens = _setting(run, "data", "max_tokens")
    return [
        "One seed: how much other seeds differ is not part of this run.",
        f"Trained on windows of at most {tokens} tokens; the run cuts longer texts into windows and "
        "takes the mean of their probabilities, transformers truncates them.",
        "Intervals are over texts. Counted operations are no seconds: what a speed-up saves in time "
        "depends on the machine and the batch.",
        "Which tokens are kept says what this model used, not what people would call the reason.",
    ]


def _setting(run: RunData, *keys: str) -> Any:
    value: Any = run.config
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return "not recorded" if value is None else value
