"""A planted corpus as files: texts that the items-file loader reads, a record, and a configuration."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from workbench.core.documents import Corpus
from workbench.data.rationales.planting import Plan, Planted, rule
from workbench.storage.atomic import replacing, write_text

TEXTS, RECORD, CONFIG = "planted.jsonl", "planted.json", "planted.yaml"


def write_planted(
    folder: Path, corpus: Corpus, plan: Plan, planted: Mapping[str, Sequence[Planted]]
) -> dict[str, Any]:
    """Write the planted texts, a record and a configuration's `data` section, and return the record.

    A new folder appears whole or not at all; in one of an earlier call these three files are replaced
    and others stay. The texts carry id, split, text, second (where the corpus has pairs), label,
    rationale ([start, end) in words; null without a shortcut), role, original_label and places.

    Args:
        folder: Folder to write.
        corpus: The corpus before planting.
        plan: What was planted.
        planted: The texts after planting, by split.
    """
    pairs = any(item.document.second for items in planted.values() for item in items)
    lines = [_line(split, item, pairs) for split, items in planted.items() for item in items]
    record = {
        "corpus": corpus.name,
        "labels": list(corpus.labels),
        "rule": rule(plan, corpus.labels),
        "plan": asdict(plan) | {"tokens": list(plan.tokens)},
        "splits": {split: _counts(items) for split, items in planted.items()},
        "notes": list(corpus.notes),
    }
    config = {"name": folder.name, "data": _data_section(folder, pairs)}
    files = {
        TEXTS: "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines),
        RECORD: json.dumps(record, indent=2, ensure_ascii=False) + "\n",
        CONFIG: yaml.safe_dump(config, sort_keys=False, allow_unicode=True),
    }
    with nullcontext(folder) if folder.is_dir() else replacing(folder) as target:
        target.mkdir(exist_ok=True)
        for name, text in files.items():
            write_text(target / name, text)
    return record


def _line(split: str, item: Planted, pairs: bool) -> dict[str, Any]:
    document = item.document
    spans = document.rationale
    return {
        "id": document.id,
        "split": split,
        "text": " ".join(document.words),
        **({"second": " ".join(document.second)} if pairs else {}),
        "label": document.label,
        "rationale": None if spans is None else [[span.start, span.end] for span in spans],
        "role": item.role,
        "original_label": item.original,
        "places": list(item.places),
    }


def _counts(items: Sequence[Planted]) -> dict[str, Any]:
    roles = Counter(item.role for item in items)
    return {
        "texts": len(items),
        **{role: roles[role] for role in ("planted", "decoy", "plain")},
        "relabelled": sum(item.document.label != item.original for item in items),
        "labels": dict(sorted(Counter(item.document.label for item in items).items())),
    }


def _data_section(folder: Path, pairs: bool) -> dict[str, Any]:
    section = {
        "source": "file",
        "path": str(folder / TEXTS),
        "id_column": "id",
        "split_column": "split",
        "rationale_column": "rationale",
        "rationale_offsets": "word",
        "rationales": "annotated",
    }
    return section | ({"second_column": "second"} if pairs else {})
