"""A model folder's tokenizer without transformers, which would bring torch along."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import Encoding, Tokenizer

from workbench.errors import InputError
from workbench.storage.atomic import read_json


class EncodedBatch(dict[str, list[list[int]]]):
    """`input_ids` by name, and each token's word, as transformers returns them."""

    def __init__(self, encodings: Sequence[Encoding]) -> None:
        super().__init__(input_ids=[one.ids for one in encodings])
        self.encodings = encodings

    def word_ids(self, index: int) -> list[int | None]:
        return self.encodings[index].word_ids


class FastTokenizer:
    """What `data.windows.encode` asks of a tokenizer, from tokenizer.json alone."""

    is_fast = True

    def __init__(self, folder: Path) -> None:
        """Read the folder's tokenizer.json; InputError where it is missing or damaged."""
        path = folder / "tokenizer.json"
        if not path.is_file():
            raise InputError(f"{path}: missing; export the model again")
        try:
            self.tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # The library has no other.
            raise InputError(f"{path}: its tokenizer cannot be loaded: {error}") from None
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        said = read_json(folder / "tokenizer_config.json")
        self.cls_token_id = self._id_of(said.get("cls_token"))
        self.sep_token_id = self._id_of(said.get("sep_token"))
        self.unk_token_id = self._id_of(said.get("unk_token"))

    def _id_of(self, token: Any) -> int | None:
        # Some files give a token with how it is stripped.
        text = token.get("content") if isinstance(token, dict) else token
        return None if text is None else self.tokenizer.token_to_id(str(text))

    def __call__(
        self, texts: Sequence[Sequence[str]], *, add_special_tokens: bool = True, **_: bool
    ) -> EncodedBatch:
        """Encode texts that are split into words.

        Args:
            texts: Words of each.
            add_special_tokens: Whether [CLS] and [SEP] go around them.
        """
        return EncodedBatch(
            self.tokenizer.encode_batch(
                texts, is_pretokenized=True, add_special_tokens=add_special_tokens
            )
        )
