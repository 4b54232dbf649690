"""The configuration of an exported model: BERT's, and which tokens stay."""

from typing import Any, Self

from transformers import BertConfig


class Config(BertConfig):
    """A BERT with a policy; the same settings as in the config.json of a run's model folder."""

    model_type = "workbench-bert"

    workbench: dict[str, Any] | None = None
    """`method`, and `policy`: the constructor arguments of its policy."""

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> Self:
        """Read a configuration. The model's class, and with it torch, is imported here, at first use."""
        import workbench.models.transformers.model  # noqa: F401

        return super().from_dict(config_dict, **kwargs)
