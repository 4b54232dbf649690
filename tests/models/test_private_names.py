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
    # models/backbones computes with the parts of the stock layers; these functions are not documented.
    "transformers.models.deberta_v2.modeling_deberta_v2:make_log_bucket_position",
    "transformers.models.modernbert.modeling_modernbert:apply_rotary_pos_emb",
    "transformers.models.mpnet.modeling_mpnet:MPNetEncoder.relative_position_bucket",
    "captum.attr._core.deep_lift:SUPPORTED_NON_LINEAR",
    "captum.attr._core.deep_lift:nonlinear",
]


@pytest.mark.parametrize("name", PRIVATE)
def test_the_library_still_has(name: str) -> None:
    module, attributes = name.split(":")
    assert reduce(getattr, attributes.split("."), import_module(module)) is not None
