"""What a run is made with, torch's threads and GPU included."""

from typing import Any

import torch

from workbench.runs import environment


def describe_environment(seed: int) -> dict[str, Any]:
    """Return versions, commit, seed and machine for environment.json."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return environment.describe_environment(seed, torch_threads=torch.get_num_threads(), gpu=gpu)
