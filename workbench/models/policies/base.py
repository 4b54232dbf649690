"""What every method answers: the score of each remaining token, and which tokens stay."""

import inspect
from typing import Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel
from torch import Tensor, nn
from transformers import PreTrainedConfig

from workbench.catalog.settings import Cut
from workbench.errors import InputError
from workbench.models.layouts import Layout, Rejoin


class Sizes(NamedTuple):
    """What a dense model's cost depends on, see `flops.Shape`."""

    layers: int
    hidden: int
    intermediate: int
    feed_forward_products: int = 2
    position_products: int = 0
    query_position_products: int = 0
    embedding_products: int = 0
    token_head: int = 0


class Policy(nn.Module):
    """Keeps everything; methods override what they change.

    Token values have the layout's shape (rows, columns). A policy never sees padding as alive, and
    [CLS] stays whatever it decides.
    """

    method: ClassVar[str] = "dense"
    cut: Cut = "entry"
    """Where layers score and drop tokens."""
    ignores_own_attention: bool = False
    """Whether attention received is that from the other tokens only."""
    rejoin: Rejoin = "last"
    """With which state a dropped token rejoins where every token has an output."""
    reference: Sizes | None = None
    """The dense model's sizes where the method runs another, smaller encoder; None: the same encoder."""

    def __init__(self, config: PreTrainedConfig | None = None) -> None:
        super().__init__()

    @classmethod
    def check_settings(cls, settings: type[BaseModel]) -> None:
        """Raise InputError, with file and line, for a constructor keyword that the settings lack."""
        overridden = any("from_settings" in vars(kind) for kind in cls.__mro__[: -len(Policy.__mro__)])
        for keyword in () if overridden else cls._keywords():
            if keyword.default is keyword.empty and keyword.name not in settings.model_fields:
                raise cls._wrong(
                    f"needs {keyword.name!r}, which {settings.__name__} does not have; add the field or "
                    "override from_settings"
                )

    @classmethod
    def check_declared(cls, method: str) -> None:
        """Raise InputError, with file and line, for another method's name or a foreign constructor."""
        if cls.method != method:
            raise cls._wrong(f"has method = {cls.method!r}; write {method!r}, as it is registered")
        try:
            inspect.signature(cls).bind(None, **{keyword.name: None for keyword in cls._keywords()})
        except TypeError as error:
            raise cls._wrong(
                f"is built with the backbone's configuration and keywords, but: {error}"
            ) from None

    def check_saved(self) -> None:
        """Raise InputError, with file and line, where `settings` would not build this policy again."""
        names = {keyword.name for keyword in self._keywords()}
        if self.settings().keys() != names:
            saved = ", ".join(self.settings()) or "nothing"
            raise self._wrong(
                f"is built with {', '.join(sorted(names)) or 'no keywords'}, but its settings() saves "
                f"{saved}: a saved model would be another; return every keyword and no other"
            )

    @classmethod
    def _wrong(cls, sentence: str) -> InputError:
        code = cls.__init__.__code__
        return InputError(f"{code.co_filename}:{code.co_firstlineno}: {cls.__name__} {sentence}")

    @classmethod
    def from_settings(cls, config: PreTrainedConfig, settings: BaseModel) -> Self:
        """Build the policy: the constructor's keywords are the settings' fields of the same names.

        Override it where names differ.

        Args:
            config: The backbone's configuration.
            settings: The method's section of the run's configuration.

        Raises:
            InputError: A keyword that the settings lack, or a value that does not fit the backbone: a
                `ValueError` of the constructor, whose text begins with the keyword.
        """
        cls.check_settings(type(settings))
        names = [k.name for k in cls._keywords() if hasattr(settings, k.name)]
        try:
            return cls(config, **{name: getattr(settings, name) for name in names})
        except ValueError as error:
            raise InputError(f"{cls.method}.{error}") from None

    @classmethod
    def _keywords(cls) -> list[inspect.Parameter]:
        parameters = inspect.signature(cls.__init__).parameters.values()
        return [parameter for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]

    def settings(self) -> dict[str, Any]:
        """Return the constructor's arguments besides the model's configuration, for config.json."""
        return {}

    @property
    def cuts_after_attention(self) -> bool:
        """Whether tokens are scored and dropped between a layer's self-attention and its feed-forward
        part instead of at its entry."""
        return self.cut == "middle"

    def needs_attention(self, layer: int) -> bool:
        """Say whether the next layer's scores need the attention received in this layer; with
        `cuts_after_attention` whether this layer's own scores do."""
        return False

    def predictor_cost(self, layer: int) -> int:
        """Return the multiply-adds of the method's token predictor per token that enters `layer`."""
        return 0

    def scores(
        self, layer: int, hidden: Tensor, layout: Layout, received: Tensor | None
    ) -> Tensor | None:
        """Return (rows, columns) scores at the cut of `layer`, or None where nothing is scored.

        Args:
            layer: 0-based.
            hidden: (rows, columns, H) states at the cut.
            layout: How the batch lies.
            received: Attention that each token received, mean over heads and queries, where
                `needs_attention` asked for it: in the layer before, with `cuts_after_attention` in this.
        """
        return None

    def keep(self, layer: int, scores: Tensor, layout: Layout) -> Tensor | None:
        """Return (rows, columns) bool, which tokens stay, or None where this layer cuts nothing.

        Args:
            layer: 0-based.
            scores: What `scores` returned.
            layout: How the batch lies.
        """
        return None

    def threshold(self, layer: int, layout: Layout) -> Tensor | float | None:
        """Return the score that a token needs to stay, broadcasting to (rows, columns); None where
        tokens are cut by rank, or not at all."""
        return None

    def soften(
        self, layer: int, hidden: Tensor, scores: Tensor, layout: Layout
    ) -> tuple[Tensor, Layout]:
        """Relax `keep` so that gradients flow; return the states and the layout that go on.

        Args:
            layer: 0-based.
            hidden: (B, N, H) states at the cut.
            scores: (B, N), what `scores` returned.
            layout: The padded layout.
        """
        return hidden, layout
