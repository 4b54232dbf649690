"""A long text's attention is there for one layer at a time, and running out of memory is recognised."""

import gc

import pytest
import torch
from torch._subclasses import FakeTensor
from torch._subclasses.functional_tensor import FunctionalTensor
from transformers import BertForSequenceClassification

from tests.helpers.extra_scorers import extra_scorer
from tests.helpers.toys import texts, tiny_config, toy_tokenizer
from workbench.attribution.engine.memory import out_of_memory
from workbench.attribution.engine.observers import RowByRow
from workbench.attribution.options import Options
from workbench.attribution.run import score_windows
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy
from workbench.models.pretrained import load_backbone

TOKENS, HEADS = 512, 2
CHEAP = ["attention", "attention-cls@1", "rollout", "value-norms", "residual-norms", "globenc", "alti"]


@pytest.fixture(scope="module")
def long_model(tmp_path_factory) -> PruningClassifier:
    folder = tmp_path_factory.mktemp("long")
    torch.manual_seed(0)
    config = tiny_config(max_position_embeddings=TOKENS)
    BertForSequenceClassification(config).save_pretrained(folder)
    toy_tokenizer().save_pretrained(folder)
    return PruningClassifier(load_backbone(str(folder), ("neg", "pos")), Policy()).eval()


def _has_memory(kind: type) -> bool:
    """Tracing a graph leaves tensors that have none."""
    return issubclass(kind, torch.Tensor) and not issubclass(kind, (FakeTensor, FunctionalTensor))


def maps_of(heads: int) -> int:
    """Pieces of memory that are alive and as large as `heads` maps of tokens to tokens, or larger; what
    several tensors share counts once, also where none of them shows all of it."""
    found = (one for one in gc.get_objects() if _has_memory(type(one)))
    pieces = {one.untyped_storage().data_ptr(): one.untyped_storage().nbytes() for one in found}
    return sum(size >= 4 * heads * TOKENS**2 for size in pieces.values())


def test_attention_of_512_tokens_is_held_for_no_more_than_one_layer(long_model) -> None:
    counts = []

    class Counting(RowByRow):
        """Looks around when every other scorer has seen the layer."""

        def row(self, block):
            counts.append((maps_of(HEADS), maps_of(1)))
            return block.alive.float()

    with extra_scorer("counting", Counting, takes="layers"):
        names = [*CHEAP, "counting"]
        found = list(score_windows(names, long_model, toy_tokenizer(), texts([TOKENS]), Options()))
    assert len(found) == len(CHEAP) + 1
    assert len(counts) == long_model.layers
    assert counts == counts[:1] * len(counts), "maps of earlier layers are still there"
    assert counts[0][0] <= 2
    assert maps_of(1) == 0


@pytest.mark.parametrize(
    ("error", "memory"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8"), True),
        (RuntimeError("shapes do not match"), False),
        (ValueError("can be anything"), False),
    ],
)
def test_what_running_out_of_memory_looks_like(error: Exception, memory: bool) -> None:
    assert out_of_memory(error) is memory
