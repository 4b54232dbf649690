"""Small tokenizers of every family, trained offline on a few sentences, as transformers wraps them."""

from collections.abc import Sequence
from functools import cache
from typing import Literal

from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import BertTokenizerFast, PreTrainedTokenizerBase, PreTrainedTokenizerFast

PairStyle = Literal["roberta", "bert"]
SENTENCES = (
    "a great film , and a warm and witty one .",
    "it is not good ; it is a bad , bad film !",
    "the greatest films are the warmest : they are not the greater ones .",
)
LONGEST = 64
_NAMES = {
    "roberta": {"cls_token": "<s>", "pad_token": "<pad>", "sep_token": "</s>", "unk_token": "<unk>",
                "mask_token": "<mask>"},
    "bert": {"cls_token": "[CLS]", "pad_token": "[PAD]", "sep_token": "[SEP]", "unk_token": "[UNK]",
             "mask_token": "[MASK]"},
}  # fmt: skip


@cache
def byte_level_tokenizer(
    pair_style: PairStyle = "roberta", *, prefix_space: bool = False, trim_offsets: bool = True
) -> PreTrainedTokenizerBase:
    """Byte-level BPE: `<s> a </s></s> b </s>` as RoBERTa's, or with [CLS] and [SEP] as ModernBERT's.

    Args:
        pair_style: Which of them; ModernBERT's composes accents first, and trims no offsets.
        prefix_space: Whether a text begins with a space that it does not have.
        trim_offsets: Whether RoBERTa's tokens are told without their space.
    """
    special = list(_NAMES[pair_style].values())
    tokenizer = _byte_level(SENTENCES, 299, special, prefix_space=prefix_space)
    if pair_style == "bert":
        tokenizer.normalizer = normalizers.NFC()
        return _wrapped(tokenizer, pair_style)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=trim_offsets, add_prefix_space=prefix_space
    )
    return _wrapped(tokenizer, pair_style)


@cache
def unigram_tokenizer(pair_style: PairStyle = "roberta") -> PreTrainedTokenizerBase:
    """Unigram with a mark for spaces: `<s> a </s></s> b </s>` as XLM-R's, or [CLS] as DeBERTa-v3's.

    The first cuts at spaces before it marks them, and composes what Unicode holds compatible.
    """
    tokenizer = Tokenizer(models.Unigram())
    mark = pre_tokenizers.Metaspace()
    if pair_style == "roberta":
        tokenizer.normalizer = normalizers.NFKC()
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), mark])
    else:
        tokenizer.normalizer = normalizers.Sequence([
            normalizers.Replace(Regex(r"\s{2,}|[\n\r\t]"), " "), normalizers.NFC(),
            normalizers.Strip(left=False, right=True),
        ])  # fmt: skip
        tokenizer.pre_tokenizer = mark
    tokenizer.decoder = decoders.Metaspace()
    names = _NAMES[pair_style]
    trainer = trainers.UnigramTrainer(
        vocab_size=90, special_tokens=list(names.values()), unk_token=names["unk_token"],
        show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return _wrapped(tokenizer, pair_style)


@cache
def word_piece_tokenizer(pair_style: PairStyle = "bert") -> PreTrainedTokenizerBase:
    """WordPiece with BERT's own rules: [CLS] and [SEP], or `<s> a </s></s> b </s>` as MPNet's."""
    special = list(_NAMES[pair_style].values())
    tokenizer = _word_piece(SENTENCES, 90, special, _NAMES[pair_style]["unk_token"])
    tokenizer.decoder = decoders.WordPiece()
    return _wrapped(tokenizer, pair_style)


KINDS = ("wordpiece", "byte-level", "unigram")
_OF_TEXTS = {"bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>"}
_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def trained(kind: str, texts: Sequence[str], size: int = 400) -> PreTrainedTokenizerFast:
    """Return BERT's WordPiece, RoBERTa's byte-level BPE, or XLM-R's unigram pieces, of these texts."""
    if kind == "wordpiece":
        special = list(_NAMES["bert"].values())
        order = [special[place] for place in (1, 3, 0, 2, 4)]
        return BertTokenizerFast(vocab=_word_piece(texts, size, order, "[UNK]").get_vocab())
    if kind == "byte-level":
        tokenizer = _byte_level(texts, size, _SPECIAL, prefix_space=False)
        ids = tokenizer.get_vocab()
        tokenizer.post_processor = processors.RobertaProcessing(
            ("</s>", ids["</s>"]), ("<s>", ids["<s>"])
        )
        return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **_OF_TEXTS, pad_token="<pad>")
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=size, special_tokens=_SPECIAL, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    ids = tokenizer.get_vocab()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[(name, ids[name]) for name in ("<s>", "</s>")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **_OF_TEXTS, pad_token="<pad>", unk_token="<unk>"
    )


def _word_piece(texts: Sequence[str], size: int, special: list[str], unknown: str) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token=unknown))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _byte_level(texts: Sequence[str], size: int, special: list[str], *, prefix_space: bool) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix_space)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _wrapped(tokenizer: Tokenizer, pair_style: PairStyle) -> PreTrainedTokenizerBase:
    names = _NAMES[pair_style]
    cls, sep = names["cls_token"], names["sep_token"]
    if tokenizer.post_processor is None:
        between = f"{sep} {sep}" if pair_style == "roberta" else f"{sep}"
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{cls} $A {sep}",
            pair=f"{cls} $A {between} $B:1 {sep}:1",
            special_tokens=[(name, tokenizer.token_to_id(name)) for name in (cls, sep)],
        )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=LONGEST, **names)
