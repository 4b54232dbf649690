"""What differs between what an attacked command left and what an unbroken one leaves, clocks apart."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors.numpy import load_file

IGNORED = {".lock"}
"""A lock's file stays when its owner has gone; it locks nothing then."""
CLOCKED = ("seconds", "started", "finished", "since", "sha256", "bytes", "checksum", "memory")
"""Keys of JSON, and columns, that a clock or the machine's state decides, and hashes of such files."""
CLOCKED_ROWS = re.compile(r"second|speedup_vs|realised|memory|_mb|stopwatch", re.I)
"""Quantities of the efficiency table that are measured."""
CLOCKED_TABLES = ("stopwatch", "limits")
CLOCKED_LINES = re.compile(r"second|minute|memory| MB|\bs\b", re.I)


def differences(truth: Path, got: Path) -> list[str]:
    """Compare two folders file by file."""
    names = {folder: _files(folder) for folder in (truth, got)}
    found = [f"{name}: missing" for name in sorted(names[truth] - names[got])]
    found += [f"{name}: left over" for name in sorted(names[got] - names[truth])]
    for name in sorted(names[truth] & names[got]):
        one, other = truth / name, got / name
        if (reason := _differs(one, other)) is not None:
            found.append(f"{name}: {reason}")
    return found


def _files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.name not in IGNORED}


def _differs(one: Path, other: Path) -> str | None:
    if one.is_dir() and other.is_dir():
        return None
    if one.is_dir() or other.is_dir():
        return "a folder here, a file there"
    if one.read_bytes() == other.read_bytes():
        return None
    try:
        return COMPARED.get(one.suffix, _text)(one, other)
    except Exception as error:
        return f"cannot be read: {type(error).__name__}: {str(error)[:200]}"


def _frames(one: Path, other: Path) -> str | None:
    read = pd.read_csv if one.suffix == ".csv" else pd.read_parquet
    frames = [_without_clocks(read(path), one.stem) for path in (one, other)]
    try:
        pd.testing.assert_frame_equal(*frames, check_exact=True)
    except AssertionError as error:
        return " ".join(str(error).split())[:300]
    return None


def _without_clocks(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    frame = frame.drop(columns=[c for c in frame if any(word in str(c) for word in CLOCKED)])
    if name in CLOCKED_TABLES:
        return frame.select_dtypes(exclude="number")
    if "quantity" in frame:
        values = [c for c in ("value", "ci_low", "ci_high") if c in frame]
        measured = frame["quantity"].astype(str).str.contains(CLOCKED_ROWS)
        frame.loc[measured, values] = float("nan")
    return frame


def _tensors(one: Path, other: Path) -> str | None:
    load = load_file if one.suffix == ".safetensors" else _arrays
    first, second = load(one), load(other)
    if first.keys() != second.keys():
        return "other tensors"
    wrong = [name for name in first if not np.array_equal(first[name], second[name], equal_nan=True)]
    return f"other values: {', '.join(wrong[:3])}" if wrong else None


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _json(one: Path, other: Path) -> str | None:
    first, second = (_masked(json.loads(path.read_text(encoding="utf-8"))) for path in (one, other))
    return None if first == second else _where(first, second, "")


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: None if any(word in key for word in CLOCKED) else _masked(inner)
            for key, inner in value.items()
            if key not in ("shared", "cost_model")
        }
    return [_masked(inner) for inner in value] if isinstance(value, list) else value


def _where(one: Any, other: Any, place: str) -> str:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            if one.get(key) != other.get(key):
                return _where(one.get(key), other.get(key), f"{place}.{key}")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (first, second) in enumerate(zip(one, other, strict=True)):
            if first != second:
                return _where(first, second, f"{place}[{number}]")
    return f"at {place or 'the top'}: {str(other)[:80]!r} instead of {str(one)[:80]!r}"


def _text(one: Path, other: Path) -> str | None:
    first, second = (path.read_text(encoding="utf-8").splitlines() for path in (one, other))
    if len(first) != len(second):
        return f"{len(second)} lines instead of {len(first)}"
    for number, (line, again) in enumerate(zip(first, second, strict=True), 1):
        if line != again and not (CLOCKED_LINES.search(line) and _words(line) == _words(again)):
            return f"line {number}: {again[:80]!r} instead of {line[:80]!r}"
    return None


def _words(line: str) -> str:
    return re.sub(r"\d+(\.\d+)?", "#", line)


def _picture(one: Path, other: Path) -> str | None:
    """Hold a drawn picture, whose bytes may tell a date, against the stand-in for one, or another."""
    start = other.read_bytes()[:4]
    drawn = start in (b"%PDF", b"\x89PNG", b"\x1f\x8b\x08\x00") and other.stat().st_size > 1000
    return None if drawn else "not the same picture"


COMPARED: dict[str, Callable[[Path, Path], str | None]] = {
    ".parquet": _frames, ".csv": _frames, ".safetensors": _tensors, ".npz": _tensors, ".json": _json,
    ".pdf": _picture, ".png": _picture, ".gz": _picture,
}  # fmt: skip
