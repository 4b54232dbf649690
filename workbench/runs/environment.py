"""What a run was made with: versions, commit and machine, without what only torch can tell."""

import importlib.metadata
import os
import platform
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.core.processor import processor_facts

PACKAGES = (
    "torch", "transformers", "captum", "accelerate", "datasets", "pandas", "numpy", "scikit-learn",
)  # fmt: skip


def describe_environment(seed: int, **machine: object) -> dict[str, Any]:
    """Return versions, commit, seed and machine as environment.json holds them.

    Args:
        seed: The run's.
        machine: More facts of the machine, such as `torch_threads` and `gpu`, which only torch can tell.
    """
    versions: dict[str, str | None] = dict.fromkeys(PACKAGES)
    for name in PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return {
        "workbench": importlib.metadata.version("rationale-workbench"),
        "commit": commit_of(Path(__file__)),
        "seed": seed,
        "started": now(),
        "python": platform.python_version(),
        "packages": versions,
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "processor": processor_facts().get("model name") or platform.processor(),
            "cores": os.cpu_count(),
            **machine,
        },
    }


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def commit_of(file: Path) -> str | None:
    """Return the commit of the workbench's source tree, with -dirty when it has changes.

    None outside a checkout of the workbench: a virtual environment, or a copy of the package, may lie in
    a repository of something else.

    Args:
        file: This module, in the package's folder runs/.
    """
    package = file.resolve().parents[1]
    # A commit is made of the workbench where the repository begins beside the package and holds it.
    tracked = _git(package.parent, "ls-files", "--error-unmatch", "pyproject.toml", str(file.resolve()))
    if not tracked or _git(package.parent, "rev-parse", "--show-prefix") != "":
        return None
    return _git(package.parent, "describe", "--always", "--dirty", "--abbrev=12") or None


def _git(folder: Path, *command: str) -> str | None:
    """Return what git answers in a folder; None where it refuses, or there is none."""
    # In a hook these name another repository.
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), *command],
            capture_output=True, text=True, timeout=10, check=True, env=surroundings,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
