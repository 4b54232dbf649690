"""What a run was made with: versions, commit and machine, without what only torch can tell."""

import importlib.metadata
import os
import platform
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
        "commit": _commit(),
        "seed": seed,
        "started": now(),
        "python": platform.python_version(),
        "packages": versions,
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "processor": _processor(),
            "cores": os.cpu_count(),
            **machine,
        },
    }


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _commit() -> str | None:
    """Commit of the source tree, with -dirty when it has changes; None outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        described = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return described.stdout.strip() or None


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
