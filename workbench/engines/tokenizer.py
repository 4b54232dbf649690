"""A model folder's tokenizer without transformers, which would bring torch along."""

from pathlib import Path

from tokenizers import Tokenizer

from workbench.errors import InputError
from workbench.storage.atomic import read_json


class FastTokenizer:
    """What `data.windows.encode` asks of a tokenizer, from tokenizer.json alone."""

    def __init__(self, folder: Path) -> None:
        """Read the folder's tokenizer.json; InputError where it is missing or damaged."""
        path = folder / "tokenizer.json"
        if not path.is_file():
            raise InputError(f"{path}: missing; export the model again")
        try:
            self.backend_tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # The library has no other.
            raise InputError(f"{path}: its tokenizer cannot be loaded: {error}") from None
        unk = read_json(folder / "tokenizer_config.json").get("unk_token")
        # Some files give a token with how it is stripped.
        unk = unk.get("content") if isinstance(unk, dict) else unk
        self.unk_token_id = None if unk is None else self.backend_tokenizer.token_to_id(str(unk))
