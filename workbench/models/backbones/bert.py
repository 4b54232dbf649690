"""BERT, and the families whose layers are BERT's: ELECTRA, RoBERTa, XLM-RoBERTa, CamemBERT."""

from dataclasses import replace
from typing import Any, ClassVar

from torch import Tensor

from workbench.metrics.efficiency.flops import Shape
from workbench.models.backbones.base import DenseHead, HeadParts
from workbench.models.backbones.post_norm import PostNormBackbone
from workbench.models.layouts import Inputs


class BertLike(PostNormBackbone):
    """A family with BERT's embeddings and layers."""

    @classmethod
    def check(cls, config: Any) -> None:
        if config.type_vocab_size < 1:
            raise ValueError(f"type_vocab_size is {config.type_vocab_size}; embeddings need at least 1")


class Bert(BertLike):
    """BERT (Devlin et al., NAACL 2019)."""

    model_type = "bert"
    title = "BERT"
    stock_name = "Bert"
    new_head: ClassVar[tuple[str, ...]] = ("classifier.", "bert.pooler.")
    layer_weights = "bert.encoder.layer."

    def head(self, pooled: Tensor) -> Tensor:
        stock = self.stock
        logits: Tensor = stock.classifier(stock.dropout(self.encoder.pooler(pooled[:, None])))
        return logits

    @property
    def head_parts(self) -> HeadParts | None:
        pooler = self.encoder.pooler
        return HeadParts(pooler.dense, pooler.activation, self.stock.classifier)


class Electra(DenseHead, BertLike):
    """ELECTRA's discriminator (Clark et al., ICLR 2020): narrower embeddings, another head."""

    model_type = "electra"
    title = "ELECTRA"
    stock_name = "Electra"
    layer_weights = "electra.encoder.layer."

    def embed(self, inputs: Inputs) -> Tensor:
        hidden = super().embed(inputs)
        return self.encoder.embeddings_project(hidden) if self._projects else hidden

    def shape(self, classes: int) -> Shape:
        embedding = self.config.embedding_size * self.config.hidden_size if self._projects else 0
        return replace(super().shape(classes), embedding_products=embedding)

    @property
    def _projects(self) -> bool:
        return hasattr(self.encoder, "embeddings_project")


class Roberta(DenseHead, BertLike):
    """RoBERTa (Liu et al., 2019): positions begin after the padding's id, all token types are 0."""

    model_type = "roberta"
    title = "RoBERTa"
    stock_name = "Roberta"
    layer_weights = "roberta.encoder.layer."

    @classmethod
    def check(cls, config: Any) -> None:
        super().check(config)
        if config.pad_token_id is None:
            raise ValueError("pad_token_id is null, but positions begin after the padding's id")

    @property
    def first_position(self) -> int:
        return int(self.config.pad_token_id) + 1


class XlmRoberta(Roberta):
    """XLM-R (Conneau et al., ACL 2020)."""

    model_type = "xlm-roberta"
    title = "XLM-RoBERTa"
    stock_name = "XLMRoberta"


class Camembert(Roberta):
    """CamemBERT (Martin et al., ACL 2020)."""

    model_type = "camembert"
    title = "CamemBERT"
    stock_name = "Camembert"
