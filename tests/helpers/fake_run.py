"""An invented run folder: three methods, all scorers, a few texts, and hostile strings in them."""

from pathlib import Path

import numpy as np
import pandas as pd

from workbench.config.loading import dump_config
from workbench.config.run import RunConfig
from workbench.core.token_scores import TokenScores, to_frame
from workbench.metrics.classification import classification
from workbench.metrics.efficiency.table import measured_efficiency
from workbench.metrics.plausibility.chance import chance_levels, random_control
from workbench.metrics.plausibility.earliest_layer import earliest_layers
from workbench.metrics.plausibility.paired_tests import compare_scorers
from workbench.metrics.plausibility.table import plausibility
from workbench.metrics.plausibility.text_values import text_values
from workbench.metrics.scorer_agreement import agreement as rank_agreement
from workbench.models.stopwatch import round_frame
from workbench.storage.atomic import write_json, write_text

LAYERS, TEXTS = 6, 24
SCRIPT = "<script>alert('x')</script>"
COUNTED = {"dense": (1.0, 1.4, 1.0), "adapler": (2.6, 3.7, 0.38), "top": (1.8, 2.5, 0.6)}
TOKENS = (
    "a",
    "gripping",
    SCRIPT,
    "$x_1$",
    "&amp;",
    "##ing",
    "film",
    "50%",
    "飯",
    "\\end{tabular}",
    "_dull",
)


def records(scorer: str, method: str, rng: np.random.Generator, strength: float) -> list[TokenScores]:
    made = []
    for number in range(TEXTS):
        n = 10 + number % 9
        marks = np.zeros(n, dtype=bool)
        marks[2 + number % 5 : 4 + number % 5] = True
        scores = rng.random((LAYERS, n)) + strength * marks
        kept = None
        if scorer in ("cp", "top"):
            drop = 0.75 if scorer == "cp" else 0.85
            alive = rng.random((LAYERS, n)) < drop + 0.2 * marks
            alive[:, 0] = True
            if scorer == "top":
                alive[:2] = True
            kept = np.logical_and.accumulate(alive, axis=0)
            scores[1:][~kept[:-1]] = np.nan
            if scorer == "top":
                scores[0] = np.nan
        words = np.arange(n) - 1
        words[-1] = -1
        tokens = ("[CLS]", *(TOKENS[(number + i) % len(TOKENS)] for i in range(n - 2)), "[SEP]")
        made.append(TokenScores(scorer, method, f"text-{number}", 0, tokens, words, scores, kept, marks))
    return made


def all_records() -> dict[str, list[TokenScores]]:
    rng = np.random.default_rng(0)
    plan = {
        "cp": ("adapler", 0.5), "top": ("top", 0.4), "saliency": ("dense", 0.3),
        "attention": ("dense", 0.1), "rollout": ("dense", 0.05), "random": ("dense", 0.0),
    }  # fmt: skip
    made = {scorer: records(scorer, method, rng, by) for scorer, (method, by) in plan.items()}
    for scorer in ("uniform", "oracle"):
        made[scorer] = [
            TokenScores(
                scorer, "dense", r.text_id, 0, r.tokens, r.word_index,
                np.tile(r.rationale.astype(float) if scorer == "oracle" else np.full(len(r.tokens), 0.1),
                        (LAYERS, 1)),
                None, r.rationale,
            )
            for r in made["saliency"]
        ]  # fmt: skip
    return made


def predictions(scores: dict[str, list[TokenScores]]) -> pd.DataFrame:
    kept = {"adapler": scores["cp"], "top": scores["top"]}
    rows = []
    for method, wrong in (("dense", 6), ("adapler", 5), ("top", 4)):
        for number, record in enumerate(scores["saliency"]):
            label = ("negative", SCRIPT)[number % 2]
            missed = number % wrong == 0
            n = len(record.tokens)
            alive = [n] * LAYERS if method == "dense" else kept[method][number].kept.sum(axis=1).tolist()
            rows.append(
                {
                    "method": method,
                    "split": "test",
                    "text_id": record.text_id,
                    "label": label,
                    "predicted": ("negative", SCRIPT)[(number + missed) % 2],
                    "tokens": alive,
                    "flops": 100.0 * sum(alive),
                    "flops_dense": 100.0 * n * LAYERS,
                }
            )
    return pd.DataFrame(rows)


def efficiency() -> tuple[pd.DataFrame, pd.DataFrame]:
    counted = [
        (method, "test", quantity, pd.NA, value)
        for method, values in COUNTED.items()
        for quantity, value in zip(
            ("flops_speedup_unpadded", "flops_speedup_padded", "tokens_kept_share"), values, strict=True
        )
    ]  # fmt: skip
    columns = ["method", "split", "quantity", "batch_size", "value"]
    parts, rounds = [pd.DataFrame(counted, columns=columns).astype({"batch_size": "Int64"})], []
    for batch, faster in ((1, 0.6), (8, 0.8), (32, 1.0)):
        seconds = {
            "hf": [4.0, 4.1, 4.4],
            "dense": [3.0, 2.9, 3.2],
            "adapler": [1.3 / faster, 1.2 / faster, 1.4 / faster],
            "top": [1.9 / faster, 1.8 / faster, 1.8 / faster],
        }
        speeds = {"dense": 1.0, "adapler": 2.6, "top": 1.8}
        parts.append(measured_efficiency(seconds, "test", batch, speeds))
        rounds.append(round_frame(seconds, "test", batch))
    return pd.concat(parts, ignore_index=True), pd.concat(rounds, ignore_index=True)


def build_run(folder: Path) -> Path:
    scores = all_records()
    (folder / "metrics").mkdir(parents=True)
    (folder / "scores").mkdir()
    write_text(folder / "config.yaml", dump_config(RunConfig(name="demo <b>")))
    notes = [f"2 texts were empty and left out {SCRIPT}"]
    targets = {"saliency": "logit of the predicted class, L2"}
    write_json(folder / "environment.json", {"torch": "2.0"})
    write_json(folder / "about.json", {"notes": notes, "explains": targets})
    frame = predictions(scores)
    frame.to_parquet(folder / "predictions.parquet")
    for scorer, own in scores.items():
        to_frame(own).to_parquet(folder / "scores" / f"{scorer}.parquet")
    scored = [record for name, own in scores.items() if name != "random" for record in own]
    agreement = plausibility(scored, "test", bootstrap=200)
    floor = random_control(scores["saliency"], "test", bootstrap=200)
    values = text_values([*scores["cp"], *scores["saliency"]])
    measured, rounds = efficiency()
    tables = {
        "classification": classification(frame, bootstrap=200),
        "plausibility": pd.concat([agreement.frame, floor.result.frame], ignore_index=True),
        "plausibility_counts": agreement.counts,
        "efficiency": measured,
        "stopwatch": rounds,
        "random_spread": floor.spread,
        "chance": chance_levels(scored, floor.spread, "test"),
        "earliest": earliest_layers(values, "test"),
        "agreement": rank_agreement(scores["cp"] + scores["saliency"], "test", bootstrap=0),
        "fpr_comparisons": compare_scorers(
            [part for part in values if part.scorer == "cp"],
            [part for part in values if part.scorer == "saliency"],
            "test",
            metric="fpr",
            selection="uniform",
            across_methods=True,
            resamples=0,
            randomisations=99,
        ),
    }
    for name, table in tables.items():
        table.to_parquet(folder / "metrics" / f"{name}.parquet")
    return folder
