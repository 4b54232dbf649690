"""Whether a backbone's name that is no folder is one on the hub: asked once, with no second try."""

import difflib
from functools import cache
from pathlib import Path

from huggingface_hub import HfApi, try_to_load_from_cache
from huggingface_hub.errors import HFValidationError, OfflineModeIsEnabled, RepositoryNotFoundError

from workbench.errors import InputError
from workbench.models.model_config import reason

PATIENCE = 5.0
"""Seconds for the hub's answer."""


@cache
def require_on_hub(name: str) -> None:
    """Raise InputError for a name that is neither among the downloaded models nor known to the hub.

    The libraries ask a hub that cannot be reached six times, for half a minute or more: too long for a
    folder's name with a slip in it. With HF_HUB_OFFLINE only what was downloaded counts.
    """
    lacking = f"{name}: no such folder{likely_folder(name)}"
    try:
        if isinstance(try_to_load_from_cache(name, "config.json"), str):
            return
        HfApi().model_info(name, timeout=PATIENCE)
    except HFValidationError:
        raise InputError(f"{lacking}, and no name that a hub has (`name` or `owner/name`)") from None
    except OfflineModeIsEnabled:
        raise InputError(f"{lacking}, and not among the downloaded models (HF_HUB_OFFLINE)") from None
    except RepositoryNotFoundError:
        raise InputError(
            f"{lacking}, and the hub does not have it, or not for you (`hf auth login`)"
        ) from None
    except Exception as error:  # Whatever its client raises where there is no connection.
        raise InputError(f"{lacking}, and the hub cannot be asked: {reason(error)}") from None


def likely_folder(name: str) -> str:
    """Return `(did you mean PATH?)` for a folder whose path differs in a few letters, else nothing."""
    place = Path(Path(name).anchor)
    for part in Path(name).relative_to(place).parts:
        if not (place / part).is_dir():
            try:
                folders = sorted(entry.name for entry in place.iterdir() if entry.is_dir())
            except OSError:
                return ""
            near = difflib.get_close_matches(part, folders, n=1, cutoff=0.75)
            if not near:
                return ""
            part = near[0]
        place /= part
    return f" (did you mean {place}?)"
