"""Which folders are runs, what they are called among others, and what their data are called."""

from pathlib import Path
from typing import Any

from workbench.config.data import DataSettings
from workbench.errors import InputError
from workbench.runs.folder import COMPARISON, CONFIG
from workbench.storage.atomic import read_json

NOT_RECORDED = "not recorded"


def data_names(configs: list[dict[str, Any]]) -> list[str]:
    """Return a name per configuration; to equal names the settings of `data` that differ are added."""
    given = (config.get("data") for config in configs)
    # A run of an earlier version lacks the keys that came since.
    usual = DataSettings().model_dump()
    named = [(_short(s), s) for s in (usual | g if isinstance(g, dict) else {} for g in given)]
    full = []
    for name, section in named:
        others = [other for its, other in named if its == name]
        differing = [key for key in section if any(o.get(key) != section[key] for o in others)]
        settings = ", ".join(f"{key}={section[key]}" for key in differing)
        full.append(f"{name} ({settings})" if settings else name)
    return full


def _short(section: dict[str, Any]) -> str:
    """rotten-tomatoes, glue/sst2, or of own files the file's name."""
    source, path, subset = (section.get(key) for key in ("source", "path", "subset"))
    if source in ("file", "hub", "label-studio") and path:
        name = str(path) if source == "hub" else Path(str(path)).stem
    else:
        name = str(source or NOT_RECORDED)
    return f"{name}/{subset}" if subset else name


def run_folders(path: Path) -> list[tuple[str, Path, bool]]:
    """Return (name, folder, whether its strength was searched) of the runs at `path`.

    A run folder is one; of a folder of runs its direct children with a config.yaml are taken; of a
    comparison the runs of its groups, not what a search passed by. InputError where there is none.
    """
    if not path.is_dir():
        raise InputError(f"{path}: no such folder of runs")
    if (path / COMPARISON).is_file():
        return [(name, path / name, matched) for name, matched in _trials(path).items()]
    if (path / CONFIG).is_file() or (path / "metrics").is_dir():
        return [(path.resolve().name, path, False)]
    children = [child for child in sorted(path.iterdir()) if (child / CONFIG).is_file()]
    if not children:
        raise InputError(f"{path}: there is no run in it (a run folder has a {CONFIG})")
    return [(child.name, child, False) for child in children]


def _trials(comparison: Path) -> dict[str, bool]:
    """The runs of the groups by name, and whether their strength was searched."""
    about = read_json(comparison / COMPARISON)
    failed = {trial["name"] for trial in about["cells"] if trial["error"]}
    pairs = [(name, group["kind"] == "matched") for group in about["groups"] for name in group["cells"]]
    trials = {name: (name, True) in pairs for name, _ in pairs if name not in failed}
    if not trials:
        raise InputError(f"{comparison}: no run of this comparison has finished")
    return trials


def run_names(folders: list[tuple[str, Path, bool]]) -> list[str]:
    """Return the runs' names; equal ones get their parent's in front, or become the whole path."""
    names = [name for name, *_ in folders]
    for longer in (lambda folder: f"{folder.parent.name}/{folder.name}", str):
        names = [
            longer(folder.resolve()) if names.count(name) > 1 else name
            for name, (_, folder, _) in zip(names, folders, strict=True)
        ]
    return names
