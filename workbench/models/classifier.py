"""Classify with a stock encoder and a policy that drops tokens on the way; save and load such models."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, Unpack

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from workbench.core.documents import Window
from workbench.core.inference import Inference, refuse_long, window_limit
from workbench.core.task_type import PROBLEM_TYPES, TaskType, task_type_of
from workbench.errors import InputError
from workbench.metrics.efficiency.flops import Costs, Shape
from workbench.models.backbones import backbone_of
from workbench.models.backbones.base import Head
from workbench.models.encoder import Encoded, EncodeOptions, encode
from workbench.models.inference import Execution, Output, infer
from workbench.models.kernels.onednn import use_onednn
from workbench.models.layouts import Layout, Packed, Padded
from workbench.models.model_config import class_names, read_config, reason, task_kind
from workbench.models.model_folder import check_folder
from workbench.models.policies import policy_class
from workbench.models.policies.base import Policy
from workbench.models.pretrained import load_backbone, load_tokenizer, refuse_other_head
from workbench.storage.atomic import replacing

LAYOUTS: dict[Execution, type[Padded] | type[Packed]] = {"packed": Packed, "masked": Padded}
POLICY_FILE = "policy.safetensors"
POLICY_PREFIX = "policy."
"""Of the policy's weights among those of an exported model."""


class PruningClassifier(nn.Module):
    """A stock classifier whose layers run only the tokens that a policy keeps."""

    def __init__(self, stock: PreTrainedModel, policy: Policy) -> None:
        """Take both as they are, but for larger linear layers of `stock`, see `use_onednn`.

        InputError for a model of a family that is not known.
        """
        super().__init__()
        use_onednn(stock)
        self.stock = stock
        self.policy = policy
        self.backbone = backbone_of(stock)
        self.pairs = _pairs(stock.config)
        """Whether it was trained on pairs of texts; None: on both, or nobody knows."""

    def under(self, policy: Policy, stock: PreTrainedModel | None = None) -> Self:
        """Return a model of the same kind under another policy, by default of the same weights."""
        return type(self)(self.stock if stock is None else stock, policy)

    @property
    def reads(self) -> Head:
        """Return what kind of head its stock model has."""
        return self.backbone.reads

    @property
    def device(self) -> torch.device:
        return self.stock.device

    @property
    def on_cpu(self) -> bool:
        return self.device.type == "cpu"

    @property
    def method(self) -> str:
        return self.policy.method

    @property
    def layers(self) -> int:
        return int(self.stock.config.num_hidden_layers)

    @property
    def shape(self) -> Shape:
        """Return its own sizes."""
        return self.backbone.shape(len(self.labels))

    @property
    def costs(self) -> Costs:
        """Return what its windows' FLOPs are counted from."""
        reference, shape = self.policy.reference, self.shape
        dense = shape if reference is None else replace(shape, **reference._asdict())
        predictors = tuple(self.policy.predictor_cost(layer) for layer in range(self.layers))
        return Costs(shape, dense, predictors, self.policy.cuts_after_attention)

    @property
    def labels(self) -> tuple[str, ...]:
        names = self.stock.config.id2label
        return tuple(names[index] for index in range(len(names)))

    @property
    def task_type(self) -> TaskType:
        """Return what the outputs mean."""
        kinds = {name: kind for kind, name in PROBLEM_TYPES.items()}
        return task_type_of(self.labels, kinds.get(self.stock.config.problem_type))

    def window_limit(self, max_tokens: int | None) -> int:
        """Return `max_tokens`, by default the model's positions; InputError if it is more than these."""
        return window_limit(max_tokens, self.backbone.positions)

    def window_logits(self, windows: Sequence[Window], batch_size: int = 32) -> Sequence[np.ndarray]:
        """Return the logits of every window, (classes,) each."""
        return list(self.infer(windows, batch_size).logits)

    def infer(self, windows: Sequence[Window], batch_size: int = 32) -> Inference:
        """Return logits and remaining tokens of every window, see `models.inference.infer`."""
        return infer(self, windows, batch_size)

    def embed(self, windows: Sequence[Window], execution: Execution) -> tuple[Tensor, Layout]:
        """Return embedding output (rows, columns, H) of the windows and how they lie."""
        refuse_long(windows, self.backbone.positions)
        layout, inputs = LAYOUTS[execution].from_windows(windows, self.device)
        return self.backbone.embed(inputs), layout

    def classify(self, hidden: Tensor, layout: Layout, **options: Unpack[EncodeOptions]) -> Output:
        """Return what the model makes of embedding output (rows, columns, H).

        Args:
            hidden: What `embed` returns, or a changed copy.
            layout: How its tokens lie.
            options: See `EncodeOptions`; by default `cls_only` in evaluation mode where the head reads
                [CLS] alone, which gives the same logits.
        """
        if not options and not self.training:
            options = {"cls_only": self.backbone.pools_cls}
        encoded = self.encode(hidden, layout, **options)
        return Output(self.head(encoded), encoded.tokens, encoded.tokens_ffn, encoded.traces)

    def encode(self, hidden: Tensor, layout: Layout, **options: Unpack[EncodeOptions]) -> Encoded:
        """Return the last layer's hidden states; arguments as in `classify`."""
        return encode(self.backbone.layers, self.policy, hidden, layout, **options)

    def head(self, encoded: Encoded) -> Tensor:
        """Return (B, classes) logits from the last layer's hidden states."""
        return self.backbone.head(self.backbone.pool(encoded.hidden, encoded.layout))

    def forward(
        self,
        windows: Sequence[Window],
        *,
        execution: Execution = "packed",
        **options: Unpack[EncodeOptions],
    ) -> Output:
        """Run a batch of windows.

        Args:
            windows: The batch; results come in its order.
            execution: Whether dropped tokens are gone (packed) or masked out of attention.
            options: See `EncodeOptions`.
        """
        return self.classify(*self.embed(windows, execution), **options)

    def described(self) -> dict[str, Any]:
        """Return what config.json says of it beyond what any stock model's says."""
        described = {"method": self.policy.method, "policy": self.policy.settings()}
        return described if self.pairs is None else described | {"pairs": self.pairs}

    def save(self, folder: Path, tokenizer: PreTrainedTokenizerBase) -> None:
        """Write a Hugging Face folder (config.json, safetensors, tokenizer), whole or not at all."""
        self.stock.config.workbench = self.described()
        with writing_model(Path(folder)) as beside:
            self.stock.save_pretrained(beside)
            tokenizer.save_pretrained(beside)
            state = self.policy.state_dict()
            if state:
                whole = {name: value.contiguous() for name, value in state.items()}
                save_file(whole, beside / POLICY_FILE)


def _pairs(config: PreTrainedConfig) -> bool | None:
    """What the config.json that a model was loaded from says of pairs."""
    described = getattr(config, "workbench", None)
    pairs = described.get("pairs") if isinstance(described, dict) else None
    return pairs if isinstance(pairs, bool) else None


@contextmanager
def writing_model(folder: Path) -> Iterator[Path]:
    """Replace a folder as `replacing` does, for the model libraries to write into."""
    with replacing(folder) as beside:
        try:
            yield beside
            for path in beside.glob("*.safetensors"):
                # Their library lets only the owner read them.
                path.chmod((beside / "config.json").stat().st_mode)
        except Exception as error:
            # A full disk reaches us as a SafetensorError, from tokenizers as a bare Exception;
            # `replacing` knows what to do with an OSError.
            if isinstance(error, SafetensorError) or type(error) is Exception:
                raise OSError(str(error)) from error
            raise


def load_classifier(folder: str | Path) -> tuple[PruningClassifier, PreTrainedTokenizerBase]:
    """Load a folder written by `PruningClassifier.save` or `workbench export`, in evaluation mode.

    Any fine-tuned classifier of a known family is loaded as dense. InputError names what is missing or
    does not fit.

    Example:
        >>> import workbench
        >>> model, tokenizer = workbench.load_classifier("runs/demo/models/adapler")
        >>> model.policy.method
        'adapler'
    """
    stock, policy, tokenizer = load_parts(Path(folder), "sequence")
    return PruningClassifier(stock, policy).eval(), tokenizer


def load_parts(folder: Path, head: Head) -> tuple[PreTrainedModel, Policy, PreTrainedTokenizerBase]:
    """Load what a model folder holds: the stock model, the policy, the tokenizer.

    Args:
        folder: Written by `PruningClassifier.save`, `workbench export` or transformers.
        head: What kind of head its model must have.

    Raises:
        InputError: Names what is missing, does not fit, or is a model of another head.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such model folder")
    check_folder(folder)
    where, values = read_config(str(folder))
    refuse_other_head(values, where, head)
    names = class_names(values, where)
    kind = task_kind(values, names, where) if head == "sequence" else None
    stock = load_backbone(str(folder), names, kind=kind, new_head=False, head=head)
    return stock, _saved_policy(folder, values, stock.config), load_tokenizer(str(folder))


def _saved_policy(folder: Path, values: Mapping[str, Any], config: PreTrainedConfig) -> Policy:
    """Return the policy that the folder's config.json describes, with its weights."""
    described = values.get("workbench") or {"method": "dense", "policy": {}}
    try:
        kind, settings = policy_class(described["method"]), described["policy"]
        _try_without_memory(kind, settings, config, folder)
        policy = kind(config, **settings)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{folder / 'config.json'}: describes no classifier: {reason(error)}") from None
    _load_policy(policy, folder)
    return policy


def _try_without_memory(
    kind: type[Policy], settings: Mapping[str, Any], config: PreTrainedConfig, folder: Path
) -> None:
    """Raise InputError where the folder's weights are not those of a policy with these settings."""
    try:
        with torch.device("meta"):
            planned = kind(config, **settings)
    except Exception:  # What is wrong, the one with memory will say; a plug-in's may need numbers.
        return
    _load_policy(planned, folder, assign=True)


def _load_policy(policy: Policy, folder: Path, *, assign: bool = False) -> None:
    if policy.state_dict():
        try:
            policy.load_state_dict(_policy_weights(folder), assign=assign)
        except (OSError, SafetensorError, RuntimeError) as error:
            raise InputError(
                f"{folder / 'config.json'}: its policy does not fit the stored weights: {reason(error)}"
            ) from None


def _policy_weights(folder: Path) -> dict[str, Tensor]:
    """Return the policy's weights: a run's folder has a file of them, an exported one its model's."""
    if (folder / POLICY_FILE).is_file():
        return load_file(folder / POLICY_FILE)
    weights: dict[str, Tensor] = {}
    for path in sorted(folder.glob("*.safetensors")):
        # The model's own weights, by far the most, were read before.
        with safe_open(path, "pt") as file:
            names = [name for name in file.keys() if name.startswith(POLICY_PREFIX)]  # noqa: SIM118
            weights |= {name.removeprefix(POLICY_PREFIX): file.get_tensor(name) for name in names}
    if not weights:
        raise InputError(f"{folder}: not a complete model folder, missing {POLICY_FILE}")
    return weights
