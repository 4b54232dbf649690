"""The sets that papers report on: where their texts and labels stand, and how they are split."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from pydantic import TypeAdapter

from workbench.config.data import DataSettings
from workbench.core.counts import counted
from workbench.data.fetch import shipped
from workbench.data.rows import Row, Table, checked_label, checked_number
from workbench.errors import InputError


@dataclass(frozen=True)
class Hub:
    """The same texts in the `datasets` library."""

    names: tuple[str, ...]
    text: tuple[str, ...]
    """Columns that make the text, joined by a space."""
    label: str
    splits: dict[str, str]
    """Split of the data set -> train, dev or test; other splits are not used."""
    subset: str | None = None
    second: str | None = None


@dataclass(frozen=True)
class Task:
    """One labelled set of a source, as its manifest describes it."""

    source: str
    name: str
    split_rule: str
    texts: dict[str, int]
    """How many texts each distributed file is known to hold."""
    dev_share: float
    """Part of train that becomes dev where the set has no dev split of its own."""
    labels: tuple[str, ...] = ()
    """Class names in order; empty where the folders name them, and for a regression."""
    value: str | None = None
    """What the number is called that stands in the label's place; then the task is a regression."""
    codes: dict[str, str] = field(default_factory=dict)
    """Label as the files write it -> class name; empty where they write the name."""
    positive_label: str | None = None
    notes: tuple[str, ...] = ()
    format: Literal["tsv", "csv", "other"] = "other"
    """`tsv`: tabs, no quoting, one line a row. `csv`: commas, quotes doubled inside quotes."""
    files: dict[str, str] = field(default_factory=dict)
    header: tuple[str, ...] = ()
    """Column names of files that carry none; empty where the first line names them."""
    text: tuple[str, ...] = ()
    second: str | None = None
    label: str = "label"
    skip_unreadable: bool = False
    """Whether rows that cannot be read are counted and left out, as everybody does with this file."""
    unlabelled: str | None = None
    """What stands in the label's place where the annotators did not agree."""
    line_mark: str | None = None
    """A character that stands where a line ended."""
    hub: Hub | None = None

    def table(self, rows: dict[str, list[Row]], **more: Any) -> Table:
        """Return the rows as a table with this set's classes, split rule and notes."""
        more["notes"] = [self.split_rule, *self.notes, *more.get("notes", ())]
        more = {"labels": self.labels or None, "positive_label": self.positive_label} | more
        shares = (0.9 - self.dev_share, self.dev_share, 0.1)
        return Table(name=self.title, rows=rows, value=self.value, shares=shares, **more)

    @property
    def title(self) -> str:
        """Return `glue-cola`, `agnews`."""
        return self.source if self.name == self.source else f"{self.source}-{self.name}"

    def class_of(self, value: Any, column: str, where: str) -> str:
        """Return the class that a file's label stands for, or the number of a regression as text.

        Args:
            value: What the file has; InputError for an unknown class, or no finite number.
            column, where: The value's column and place, for the error.
        """
        if self.value:
            return checked_number(value, f"{where}: {column}")
        written = checked_label(value, f"{where}: {column}")
        known = self.codes or {name: name for name in self.labels}
        if written not in known:
            meant = ", ".join(f"{k} ({v})" if k != v else k for k, v in known.items())
            raise InputError(f"{where}: unknown label {written!r} in {column}; known are {meant}")
        return known[written]

    def incomplete(self, split: str, read: int) -> list[str]:
        """Return a note where a file does not hold as many texts as the set is known to have."""
        known = self.texts.get(split, read)
        note = f"{split} file: {counted(read, 'text')} read; the whole set has {known:,}."
        return [] if read == known else [note]


@dataclass(frozen=True)
class Standard:
    """One source with its tasks."""

    source: str
    description: str
    licence: str
    citation: tuple[str, ...]
    tasks: dict[str, Task]
    refused: dict[str, str] = field(default_factory=dict)
    """Tasks that are not offered, with the reason."""

    def task(self, name: str | None) -> Task:
        """Return the task called `name` (`SST-2` is `sst2`); for None the set, or its first variant.

        Raises InputError, listing the tasks, for an unknown name and for None where there are `refused`
        ones, that is where the tasks have nothing in common.
        """
        if name is None and not self.refused:
            return next(iter(self.tasks.values()))
        known = {plain_name(key): value for key, value in (self.tasks | self.refused).items()}
        task = known.get(plain_name(name or ""))
        if isinstance(task, Task):
            return task
        if task is not None:
            raise InputError(f"data.subset {name!r}: {task}")
        problem = f"no task {name!r}" if name else "needs the task's name"
        raise InputError(
            f"data.source {self.source!r}: {problem} in data.subset (one of {', '.join(self.tasks)})"
        )


def plain_name(name: str) -> str:
    """Return a task's name without what people write differently: `SST-2` and `sst_2` are `sst2`."""
    return name.lower().replace("-", "").replace("_", "")


@lru_cache(maxsize=1)
def load_standards() -> dict[str, Standard]:
    """Return every shipped manifest by the name of its source."""
    standards = {}
    for values in shipped("manifests/standard"):
        shared = {"source": values["source"], "split_rule": values.pop("split_rule")}
        for name, task in values["tasks"].items():
            task |= shared | {"name": name}
        standards[values["source"]] = TypeAdapter(Standard).validate_python(values)
    return standards


def standard(name: str) -> dict[str, str]:
    """Return what a manifest says of the reader of its source: name, description, usage."""
    found = load_standards()[name]
    description, usage = found.description, ", data.path"
    if len(found.tasks) > 1:
        description += f"; data.subset is one of {', '.join(found.tasks)}"
        usage += ", data.subset"
    return {"name": name, "description": description, "usage": usage}


def task_of(settings: DataSettings) -> Task:
    """Return the task that `settings.source` and `settings.subset` name; InputError lists the tasks."""
    return load_standards()[settings.source].task(settings.subset)


def hub_task(name: str) -> Task | None:
    """Return the task whose hub name ends `name`: `glue/sst2`, `nyu-mll/glue/sst2`, `a/b/glue/sst2`.

    None where there is none; InputError for a task that is not offered.
    """
    parts = [plain_name(part) for part in name.split("/") if part]

    def is_end(tail: str) -> bool:
        last = [plain_name(part) for part in tail.split("/")]
        return parts[-len(last) :] == last

    for standard in load_standards().values():
        for task in standard.tasks.values():
            # With the subset where the data set has several.
            last = f"/{task.name}" if task.hub and task.hub.subset else ""
            if task.hub and any(is_end(hub + last) for hub in task.hub.names):
                return task
        for refused in standard.refused:
            if is_end(f"{standard.source}/{refused}"):
                standard.task(refused)
    return None
