"""Any data set of the `datasets` library: by hub name, or a folder written by `save_to_disk`."""

from pathlib import Path
from typing import Any

from workbench.config import DataSettings
from workbench.data.own_files import require_columns, row_from_record, unused_rationales
from workbench.data.rows import SPLIT_NAMES, Row, Table, checked_label
from workbench.errors import InputError


def load_hub(settings: DataSettings) -> Table:
    """The splits of a hub data set, class names taken from its features where they are there.

    Raises InputError where it cannot be loaded (no network, unknown name or subset), has no train
    split, or lacks a column.
    """
    if not settings.path:
        raise InputError("data.source 'hub' needs data.path, the data set's name")
    name = f"{settings.path}/{settings.subset}" if settings.subset else settings.path
    parts = _load(settings, name)
    rows: dict[str, list[Row]] = {}
    notes = [unused] if (unused := unused_rationales(settings)) else []
    names: tuple[str, ...] | None = None
    for part, data in parts.items():
        split = SPLIT_NAMES.get(str(part).lower())
        if split is None or split in rows:
            notes.append(f"Split {part!r} is not used.")
            continue
        require_columns(
            data.column_names, settings.model_copy(update={"split_column": None}), f"{name} {part}"
        )
        names = names or _class_names(data, settings.label_column)
        labels = data[settings.label_column][:]
        if len(labels) and all(label in (None, -1) for label in labels):
            notes.append(f"Split {part!r} carries no labels and is not used.")
            continue
        rows[split] = _rows(data, settings, name, str(part), names)
    if not rows.get("train"):
        raise InputError(f"{name}: no train split; there are: {', '.join(map(str, parts))}")
    return Table(
        name=Path(name).name if Path(name).is_dir() else name,
        rows=rows,
        annotated=settings.rationale_column is not None,
        units=settings.rationale_offsets,
        labels=names,
        notes=notes,
    )


def _load(settings: DataSettings, name: str) -> dict[str, Any]:
    # Imported here: the library takes seconds to import and only this source needs it.
    import datasets

    path = str(settings.path)
    saved = any((Path(path) / marker).is_file() for marker in ("dataset_dict.json", "state.json"))
    try:
        loaded = datasets.load_from_disk(path) if saved else datasets.load_dataset(path, settings.subset)
    except Exception as error:  # whatever the hub, the network or a broken folder may throw
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"the data set {name!r} cannot be loaded ({reason}); check the name, the subset and the"
            " network, or save it with save_to_disk and give the folder as data.path"
        ) from error
    return dict(loaded) if isinstance(loaded, dict) else {"train": loaded}


def _class_names(data: Any, column: str) -> tuple[str, ...] | None:
    names = getattr(data.features[column], "names", None)
    return tuple(names) if names else None


def _rows(
    data: Any, settings: DataSettings, name: str, part: str, names: tuple[str, ...] | None
) -> list[Row]:
    rows = []
    for number, record in enumerate(data, start=1):
        where = f"{name} {part}, row {number}"
        row_id, label = f"{part}-{number}", None
        if settings.id_column:
            row_id = checked_label(record[settings.id_column], settings.id_column, where)
        if names:
            value = record[settings.label_column]
            if value is None or not 0 <= value < len(names):
                raise InputError(f"{where}: unknown label {value!r} (classes: {', '.join(names)})")
            label = names[value]
        rows.append(row_from_record(record, settings, row_id, where, label))
    return rows
