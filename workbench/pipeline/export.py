"""A run's model as a folder for transformers, and such a folder on the hub."""

from collections.abc import Callable
from pathlib import Path

from huggingface_hub import HfApi, get_token
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from workbench.catalog.methods import METHODS
from workbench.errors import InputError, WorkbenchError
from workbench.models.classifier import (
    POLICY_PREFIX,
    PruningClassifier,
    load_classifier,
    writing_model,
)
from workbench.models.pretrained import quiet
from workbench.models.transformers.config import config_class
from workbench.models.transformers.model import model_class
from workbench.runs.folder import Run
from workbench.runs.stages import Stages
from workbench.storage.scratch import sweep_once


def export_model(
    run: Run, method: str, folder: Path, write_cards: Callable[[Path], None] | None = None
) -> None:
    """Write a method's trained model as transformers loads it.

    What drops no token is an ordinary classifier; any other needs `import workbench` to be loaded.

    Args:
        run: The run that trained it.
        method: Whose model.
        folder: New or empty.
        write_cards: Puts the cards into the folder that it is given, before that appears.

    Raises:
        InputError: The run has no such method, its training has not ended, or the folder holds
            something.
        WorkbenchError: The disk refuses.
    """
    write_for_transformers(*load_classifier(checked_source(run, method, folder)), folder, write_cards)


def write_for_transformers(
    model: PruningClassifier,
    tokenizer: PreTrainedTokenizerBase,
    folder: Path,
    write_cards: Callable[[Path], None] | None,
) -> None:
    """Write any model as transformers loads it.

    Args:
        model, tokenizer: A model and its own tokenizer.
        folder, write_cards: As of `export_model`.
    """
    with writing_model(folder) as scratch, quiet():
        for_transformers(model).save_pretrained(scratch)
        tokenizer.save_pretrained(scratch)
        if write_cards is not None:
            write_cards(scratch)


def checked_source(run: Run, method: str, folder: Path) -> Path:
    """Return the model folder to export; InputError as of `export_model`.

    Args:
        run, method, folder: As of `export_model`.
    """
    source = run.model_folder(method)
    if method not in Stages(run.folder).done:
        raise InputError(f"{run.folder}: the training of {method} has not ended; finish the run first")
    refuse_filled(folder)
    return source


def refuse_filled(folder: Path) -> None:
    """Raise InputError for a folder to write that holds something."""
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        # A killed export may have ended but for its scratch folder.
        sweep_once(folder.absolute().parent)
        raise InputError(f"{folder}: is not an empty folder; choose another --to")


def for_transformers(model: PruningClassifier) -> PreTrainedModel:
    """Return the model as transformers knows it: a stock model where no token is dropped, else ours."""
    if not METHODS[model.policy.method].drops_tokens:
        return model.stock
    settings, family = model.stock.config.to_dict(), model.backbone.model_type
    kind = config_class(family)
    config = kind.from_dict({**settings, "model_type": kind.model_type, "workbench": model.described()})
    whole: PreTrainedModel = model_class(family, model.reads)(config)
    whole.load_state_dict(
        {
            **model.stock.state_dict(),
            **{f"{POLICY_PREFIX}{name}": value for name, value in model.policy.state_dict().items()},
        }
    )
    return whole


def check_hub(name: str) -> None:
    """Raise InputError for a name that the hub does not allow, and where nobody is logged in to it."""
    try:
        validate_repo_id(name)
    except HFValidationError as error:
        raise InputError(f"--push-to-hub {name}: {error}") from None
    if get_token() is None:
        raise InputError(
            "--push-to-hub: not logged in to the hub; run `hf auth login` first, or leave the option out"
        )


def push(folder: Path, name: str, *, public: bool) -> str:
    """Upload an exported folder to the hub; return its address there.

    Credentials are those of the hub's own login. Raises WorkbenchError when the hub cannot be reached or
    refuses.

    Args:
        folder: What `export_model` wrote.
        name: The repository, made if it is not there.
        public: Whether a new one is for all to see; one that is there keeps its visibility.
    """
    api = HfApi()
    try:
        made = api.create_repo(name, private=not public, exist_ok=True)
        api.upload_folder(repo_id=made.repo_id, folder_path=folder)
    except Exception as error:  # Its client hands on whatever its own libraries raise.
        raise WorkbenchError(f"the hub did not take {name} ({folder} is written): {error}") from error
    return str(made)
