"""The names in use that their libraries do not promise to keep: an upgrade that takes one away fails
here, with the name."""

from functools import reduce
from importlib import import_module

import pytest

PRIVATE = [
    # models/kernels tries these before it uses them, with public operators behind them.
    "torch:ops.mkldnn._reorder_linear_weight",
    "torch:ops.mkldnn._linear_pointwise",
    "torch:ops.aten._efficient_attention_forward",
    "torch:Tensor._version",
    # models/encoder runs the stock layers by their parts, with attention of its own.
    "transformers.integrations.sdpa_attention:sdpa_attention_forward",
    "transformers.masking_utils:sdpa_mask",
    "transformers.models.bert.modeling_bert:BertLayer.feed_forward_chunk",
    # attribution asks which attention a model has, and gives DeepLIFT a rule for its activation.
    "transformers:PreTrainedConfig._attn_implementation",
    "captum.attr._core.deep_lift:SUPPORTED_NON_LINEAR",
    "captum.attr._core.deep_lift:nonlinear",
]


@pytest.mark.parametrize("name", PRIVATE)
def test_the_library_still_has(name: str) -> None:
    module, attributes = name.split(":")
    assert reduce(getattr, attributes.split("."), import_module(module)) is not None
