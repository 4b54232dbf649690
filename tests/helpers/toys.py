"""Small models and texts for the tests of models, training and attribution; BERT in plain numpy."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

from workbench.catalog.methods import METHODS as CATALOGUE
from workbench.catalog.methods import method_spec
from workbench.core.documents import Window
from workbench.models.classifier import PruningClassifier
from workbench.models.policies import policy_class
from workbench.models.policies.adapler import AdapLeR
from workbench.models.policies.base import Policy
from workbench.models.policies.distilbert import DistilBert
from workbench.models.policies.ltp import LTP
from workbench.models.policies.powerbert import PowerBert
from workbench.models.policies.top import ToP
from workbench.models.policies.transkimmer import Transkimmer
from workbench.models.policies.trbert import TrBert

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CLS, SEP, MASK, FIRST_WORD = 2, 3, 4, 5
LETTERS = [chr(97 + index) for index in range(26)]
LABELS = ("neg", "pos")
RAGGED = (2, 3, 7, 20, 7, 11, 7, 3)
"""Lengths of a batch with very short texts and with equal ones."""
KEEP_ALL = tuple(name for name, spec in CATALOGUE.items() if not spec.drops_tokens)
METHODS = tuple(CATALOGUE)
MOVED = ("adapler@middle", "top@entry", "ltp@entry", "transkimmer@middle", "trbert@middle")
"""Methods with their cut where their authors do not have it, see `policy_of`."""


def toy_tokenizer() -> BertTokenizerFast:
    """One token per letter."""
    return BertTokenizerFast(vocab={piece: index for index, piece in enumerate(SPECIAL + LETTERS)})


def window(ids: Sequence[int], text_id: str = "t", **more) -> Window:
    """A window of these token ids; the first and the last belong to no word."""
    words = np.arange(-1, len(ids) - 1)
    words[[0, -1]] = -1
    types = more.pop("token_type_ids", np.zeros(len(ids)))
    return Window(
        text_id=text_id,
        window=more.pop("window", 0),
        label=more.pop("label", 0),
        input_ids=np.asarray(ids, dtype=np.int64),
        token_type_ids=np.asarray(types, dtype=np.int64),
        word_index=words,
        **more,
    )


def saliencies(windows: Sequence[Window], seed: int = 0) -> dict[tuple[str, int], np.ndarray]:
    """Random training targets that sum to 1 over each window's tokens."""
    rng = np.random.default_rng(seed)
    return {
        (window.text_id, 0): rng.dirichlet(np.ones(len(window.input_ids))).astype(np.float32)
        for window in windows
    }


def texts(lengths: Sequence[int], seed: int = 0) -> list[Window]:
    """Random windows `[CLS] letters [SEP]` of these lengths, the second half of type 1."""
    rng = np.random.default_rng(seed)
    result = []
    for number, n in enumerate(lengths):
        ids = np.concatenate([[CLS], rng.integers(FIRST_WORD, 31, n - 2), [SEP]])
        marks = np.zeros(n, dtype=bool)
        marks[1:-1] = rng.random(n - 2) < 0.4
        types = np.arange(n) > n // 2
        result.append(window(ids, f"t{number}", label=number % 2, rationale=marks, token_type_ids=types))
    return result


def tiny_config(layers: int = 4, **more) -> BertConfig:
    """A 16-wide BERT; weights so large that tokens and texts really differ."""
    sizes = {
        "vocab_size": 31, "hidden_size": 16, "num_hidden_layers": layers, "num_attention_heads": 2,
        "intermediate_size": 24, "max_position_embeddings": 64, "initializer_range": 0.4,
        "id2label": dict(enumerate(LABELS)), "label2id": {name: i for i, name in enumerate(LABELS)},
    }  # fmt: skip
    return BertConfig(**sizes | more)


def save_folder(folder: Path, config: BertConfig | None = None, seed: int = 0) -> Path:
    """A fine-tuned classifier as anyone would have saved it."""
    torch.manual_seed(seed)
    BertForSequenceClassification(config or tiny_config()).save_pretrained(folder)
    toy_tokenizer().save_pretrained(folder)
    return folder


def adapler(config: BertConfig, eta: float = 0.7, seed: int = 0) -> AdapLeR:
    """Predictors that tell tokens apart, thresholds near the uniform level."""
    torch.manual_seed(seed)
    policy = AdapLeR(config, width=8)
    with torch.no_grad():
        policy.eta.copy_(eta + 0.2 * torch.rand(config.num_hidden_layers))
    return policy


def top(config: BertConfig, bins: int = 5, first_layer: int = 1, seed: int = 0) -> ToP:
    """Two of the fine gates of every prunable layer closed, all coarse gates on."""
    torch.manual_seed(seed)
    policy = ToP(config, bins=bins, first_layer=first_layer, cut="middle", coarse_start=4.0)
    with torch.no_grad():
        for row in policy.fine:
            row.fill_(30.0)
            row[torch.randperm(bins)[:2]] = -30.0
    return policy


def ltp(config: BertConfig, last_threshold: float = 0.12, seed: int = 0) -> LTP:
    """Thresholds on both sides of the mean score; the seed moves them."""
    torch.manual_seed(seed)
    policy = LTP(config, last_threshold=last_threshold, padded_length=10, cut="middle")
    with torch.no_grad():
        policy.thresholds.mul_(1 + 0.2 * torch.rand_like(policy.thresholds))
    return policy


def transkimmer(config: BertConfig, seed: int = 0) -> Transkimmer:
    """Predictors that tell tokens apart and skim about half of them."""
    torch.manual_seed(seed)
    policy = Transkimmer(config, keep_bias=0.0)
    with torch.no_grad():
        for predictor in policy.predictors:
            last = predictor[-1]
            last.weight.sub_(last.weight.mean(1, keepdim=True)).mul_(10)
            last.bias[1] += 4.0
    return policy


def powerbert(config: BertConfig, length: int = 24, seed: int = 0) -> PowerBert:
    """At most five tokens of any text pass the first layer's attention, at least two the last one's."""
    torch.manual_seed(seed)
    policy = PowerBert(config, length=length)
    counts = torch.randint(2, 6, (config.num_hidden_layers, 1)).sort(0, descending=True).values
    with torch.no_grad():
        policy.retention.copy_(torch.arange(1, length) < counts)
    return policy


def trbert(config: BertConfig, seed: int = 0) -> TrBert:
    """Selectors that tell tokens apart and keep less than half of them."""
    torch.manual_seed(seed)
    policy = TrBert(config, width=8, keep_start=0.3)
    with torch.no_grad():
        for selector in policy.selectors:
            selector[-1].weight.copy_(0.5 * torch.randn(1, 8))
    return policy


def distilbert(config: BertConfig, seed: int = 0) -> DistilBert:
    """The policy of a student whose dense model has twice its layers and is otherwise the same."""
    inner = config.hidden_dim if config.model_type == "distilbert" else config.intermediate_size
    return DistilBert(
        config, layers=2 * config.num_hidden_layers, hidden=config.hidden_size, intermediate=inner
    )


def policy_of(method: str, config: BertConfig, seed: int = 0) -> Policy:
    """A policy by method, a new one's with its default settings; all but `KEEP_ALL` drop tokens.

    `method@entry` and `method@middle` are the same policy with its cut moved there.
    """
    method, _, cut = method.partition("@")
    if cut:
        policy = policy_of(method, config, seed)
        moved = type(policy)(config, **policy.settings() | {"cut": cut})
        moved.load_state_dict(policy.state_dict())
        return moved
    makers = {
        "dense": lambda *_, **__: Policy(), "distilbert": distilbert, "adapler": adapler, "top": top,
        "ltp": ltp, "transkimmer": transkimmer, "powerbert": powerbert, "trbert": trbert,
    }  # fmt: skip
    if method not in makers:
        return policy_class(method).from_settings(config, method_spec(method).settings())
    return makers[method](config, seed=seed)


def without_dropout(model: PruningClassifier) -> PruningClassifier:
    """The same model; training mode no longer changes what it computes."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model


def hand_bert(heads: int = 2) -> BertForSequenceClassification:
    """2 layers, 4 wide, 10 words: entry i of the k-th parameter is 0.7 sin(1.3 i + k)."""
    config = BertConfig(
        vocab_size=10, hidden_size=4, num_hidden_layers=2, num_attention_heads=heads,
        intermediate_size=8, max_position_embeddings=8, initializer_range=0.5,
    )  # fmt: skip
    bert = BertForSequenceClassification(config).eval()
    with torch.no_grad():
        for k, (name, value) in enumerate(bert.named_parameters()):
            wave = 0.7 * torch.sin(1.3 * torch.arange(value.numel()) + k).view_as(value)
            value.copy_(1 + 0.1 * wave if name.endswith("LayerNorm.weight") else wave)
    return bert


Keep = Callable[[int, np.ndarray, np.ndarray | None], np.ndarray]
"""(layer, hidden (n, H), attention received in the layer before (n,)) -> (n,) bool."""


Late = Callable[[int, np.ndarray], np.ndarray]
"""(layer, head mean of its attention (n, n), rows = queries) -> (n,) bool."""


def bert_by_hand(
    bert: BertForSequenceClassification,
    ids: Sequence[int],
    keep: Keep | None = None,
    late: Late | None = None,
) -> tuple[np.ndarray, list[int]]:
    """Logits of one text and the tokens in each layer's attention, token types 0, in plain numpy.

    `keep` cuts at a layer's entry, `late` between its attention and its feed-forward part.
    """
    w = {name: value.detach().double().numpy() for name, value in bert.state_dict().items()}
    heads = bert.config.num_attention_heads

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + bert.config.layer_norm_eps)
        return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]

    base = "bert.embeddings"
    hidden = w[f"{base}.word_embeddings.weight"][list(ids)]
    hidden = hidden + w[f"{base}.position_embeddings.weight"][: len(ids)]
    hidden = norm(hidden + w[f"{base}.token_type_embeddings.weight"][0], f"{base}.LayerNorm")
    received, tokens = None, []
    for layer in range(bert.config.num_hidden_layers):
        if keep is not None:
            stays = keep(layer, hidden, received)
            stays[0] = True
            hidden = hidden[stays]
        name = f"bert.encoder.layer.{layer}"
        parts, maps = [], []
        projected = [linear(hidden, f"{name}.attention.self.{p}") for p in ("query", "key", "value")]
        for q, k, v in zip(*(np.split(p, heads, axis=1) for p in projected), strict=True):
            weights = np.exp(q @ k.T / math.sqrt(q.shape[1]))
            maps.append(weights / weights.sum(1, keepdims=True))
            parts.append(maps[-1] @ v)
        mixed = linear(np.concatenate(parts, axis=1), f"{name}.attention.output.dense")
        hidden = norm(mixed + hidden, f"{name}.attention.output.LayerNorm")
        tokens.append(len(hidden))
        if late is not None:
            stays = late(layer, np.mean(maps, axis=0))
            stays[0] = True
            hidden = hidden[stays]
        inner = gelu(linear(hidden, f"{name}.intermediate.dense"))
        hidden = norm(linear(inner, f"{name}.output.dense") + hidden, f"{name}.output.LayerNorm")
        received = np.mean(maps, axis=(0, 1))
    return linear(np.tanh(linear(hidden[0], "bert.pooler.dense")), "classifier"), tokens


def gelu(x: np.ndarray) -> np.ndarray:
    """x times the normal distribution function at x."""
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
