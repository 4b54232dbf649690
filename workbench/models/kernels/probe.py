"""Try a private operator of torch once before relying on it."""

import warnings
from collections.abc import Callable

import torch
from torch import Tensor


@torch.no_grad()
def works(name: str, private: Callable[[], Tensor], public: Callable[[], Tensor]) -> bool:
    """Return whether a private operator gives what public ones give; warn if it does not.

    Args:
        name: What the warning calls it.
        private: Runs it on a small example.
        public: Computes the same without it.
    """
    try:
        difference = (private().float() - public().float()).abs().max().item()
        problem = "" if difference < 1e-2 else f"its result is off by {difference}"
    except Exception as error:  # A changed signature, a missing operator: torch raises many kinds.
        problem = (str(error).splitlines() or [repr(error)])[0]
    if problem:
        warnings.warn(
            f"torch {torch.__version__}: no {name}, slower operators stand in: {problem}", stacklevel=2
        )
    return not problem
