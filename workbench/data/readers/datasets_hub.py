"""Any data set of the `datasets` library: by hub name, or a folder written by `save_to_disk`."""

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.data.rationales.cells import CellReader
from workbench.data.readers.files import quote_notes, require_columns, row_from_record, unused_rationales
from workbench.data.readers.glue import Task, hub_task
from workbench.data.readers.hatexplain import hatexplain_table
from workbench.data.readers.label_cells import label_columns, task_of_labels
from workbench.data.rows import SPLIT_NAMES, Row, Table, data_path
from workbench.errors import InputError


@register_reader(
    name="hub",
    description="A hub data set, or a save_to_disk folder",
    usage=", data.path",
    any_texts=True,
    is_here=lambda: importlib.util.find_spec("datasets") is not None,
    files=lambda _: [],
)
def load_hub(settings: DataSettings) -> Table:
    """Return the splits of a hub data set, class names taken from its features where they are there.

    For a set that has a manifest (`glue/sst2`, `ag_news`, ...) the columns and the split rule are those
    of the manifest; a column that `settings` names wins. Raises InputError where it cannot be loaded (no
    network, unknown name or subset), has no train split, or lacks a column.
    """
    path = str(data_path(settings, "the data set's name"))
    name = f"{path}/{settings.subset}" if settings.subset else path
    task = hub_task(name)
    parts = _load(path, settings.subset, task)
    if task and task.source == "hatexplain":
        posts = {str(part): iter(data) for part, data in parts.items()}
        return hatexplain_table(task, posts, name)
    reader = _Reader(settings, name, task)
    for part, data in parts.items():
        reader.add(str(part), data)
    return reader.table(parts)


class _Reader:
    """Collects the rows of one data set, split by split."""

    def __init__(self, settings: DataSettings, name: str, task: Task | None) -> None:
        self.name, self.task = name, task
        hub = task.hub if task else None
        self.text: tuple[str, ...] = (settings.text_column,)
        if hub:
            fields = DataSettings.model_fields
            if settings.text_column == fields["text_column"].default:
                self.text = hub.text
            changed = {"text_column": " and ".join(self.text)}
            if settings.label_column == fields["label_column"].default:
                changed["label_column"] = hub.label
            second = settings.second_column or hub.second
            settings = settings.model_copy(update={**changed, "second_column": second})
        self.settings = settings
        self.splits = hub.splits if hub else SPLIT_NAMES
        self.rows: dict[str, list[Row]] = {}
        self.names: tuple[str, ...] | None = None
        self.cells = CellReader(settings)
        self.notes = unused_rationales(settings)

    def add(self, part: str, data: Any) -> None:
        """Take over one split, or note why not."""
        split = self.splits.get(part if self.task else part.lower())
        if split is None or split in self.rows:
            self.notes.append(f"Split {part!r} is not used.")
            return
        for column in self.text:
            needed = self.settings.model_copy(update={"split_column": None, "text_column": column})
            require_columns(data.column_names, needed, f"{self.name} {part}")
        label = label_columns(self.settings)[0]
        feature = data.features[label]
        if self.settings.task == "multi-label":
            feature = getattr(feature, "feature", feature)
        self.names = self.names or tuple(getattr(feature, "names", None) or ()) or None
        labels = data[label][:]
        if len(labels) and all(value in (None, -1) for value in labels):
            self.notes.append(f"Split {part!r} carries no labels and is not used.")
            return
        self.rows[split] = [
            self._row(record, part, number) for number, record in enumerate(data, start=1)
        ]

    def _row(self, record: dict[str, Any], part: str, number: int) -> Row:
        settings = self.settings
        where = f"{self.name} {part}, row {number}"
        label = None
        if self.task and self.task.value:
            label = self.task.class_of(record[settings.label_column], settings.label_column, where)
        if self.names and settings.task == "multi-label" and not settings.label_columns:
            codes = record[settings.label_column] or ()
            record = record | {settings.label_column: [self._name(one, where) for one in codes]}
        elif self.names and settings.task in (None, "classification"):
            label = self._name(record[settings.label_column], where)
        if len(self.text) > 1:
            joined = " ".join(str(record[column] or "").strip() for column in self.text)
            record = record | {settings.text_column: joined}
        return row_from_record(record, settings, f"{part}-{number}", where, label, self.cells)

    def _name(self, code: Any, where: str) -> str:
        """Return the class of a number of the data set's own."""
        names = self.names or ()
        if type(code) is not int or not 0 <= code < len(names):
            raise InputError(f"{where}: unknown label {code!r} (classes: {', '.join(names)})")
        return names[code]

    def table(self, parts: Iterable[str]) -> Table:
        """Return what was collected; InputError without a train split."""
        if not self.rows.get("train"):
            raise InputError(f"{self.name}: no train split; there are: {', '.join(map(str, parts))}")
        more: dict[str, Any] = {
            "annotated": self.settings.rationale_column is not None,
            "units": self.settings.rationale_offsets,
            "labels": self.names,
            "notes": [*self.notes, *quote_notes(self.cells.counts)],
        }
        if self.task:
            return self.task.table(self.rows, **more)
        path = Path(self.name)
        more |= {name: what for name, what in task_of_labels(self.settings).items() if what is not None}
        return Table(name=path.name if path.is_dir() else self.name, rows=self.rows, **more)


def _load(path: str, subset: str | None, task: Task | None) -> dict[str, Any]:
    # Imported here: the library takes seconds to import and only this source needs it.
    import datasets

    name = f"{path}/{subset}" if subset else path
    if task and task.hub and task.hub.subset:
        path, subset = name.rpartition("/")[0], task.hub.subset
    places = [name, f"{path}/{subset}" if subset else path, path]
    markers = ("dataset_dict.json", "state.json")
    saved = next((p for p in places if any((Path(p) / marker).is_file() for marker in markers)), None)
    try:
        loaded = (
            datasets.load_from_disk(saved)
            if saved
            else datasets.load_dataset(path, subset, trust_remote_code=False)
        )
    except Exception as error:  # whatever the hub, the network or a broken folder may throw
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"the data set {name!r} cannot be loaded ({reason}); check the name, the subset and the"
            " network, or save it with save_to_disk and give the folder as data.path"
        ) from error
    return dict(loaded) if isinstance(loaded, dict) else {"train": loaded}
