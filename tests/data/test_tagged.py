"""Tagged texts from columns, lists and rationales; what is wrong with them is said."""

import json
from pathlib import Path

import pytest

from workbench.config.data import DataSettings
from workbench.core.tagging import TaggedSet
from workbench.data.tagged import load_tagged
from workbench.errors import InputError

TEXTS = [
    (["Ada", "Byron", "sang"], ["B-PER", "I-PER", "O"]),
    (["in", "Rome", "."], ["O", "B-LOC", "O"]),
    (["nobody", "came"], ["O", "O"]),
]


def columns(path: Path, texts=TEXTS, gap: str = " ") -> Path:
    """CoNLL 2003's layout: token, two columns between, tag."""
    lines = ["-DOCSTART- -X- -X- O", ""]
    for words, tags in texts:
        lines += [gap.join((word, "NN", "X", tag)) for word, tag in zip(words, tags, strict=True)]
        lines.append("")
    path.write_text("\n".join(lines))
    return path


def rows(path: Path, texts=TEXTS, **more: list) -> Path:
    lines = [{"tokens": words, "ner": tags} for words, tags in texts]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return path


def three(folder: Path, write, ending: str) -> dict[str, str]:
    return {split: str(write(folder / f"{split}{ending}")) for split in ("train", "dev", "test")}


def contents(found: TaggedSet, split: str) -> list[tuple[list[str], list[str]]]:
    return [([*one.document.words], [*one.tags]) for one in found.splits[split]]


def test_columns_are_read_as_they_stand(tmp_path) -> None:
    settings = DataSettings(source="conll", paths=three(tmp_path, columns, ".conll"))
    found = load_tagged(settings)
    assert found.tags == ("O", "B-LOC", "B-PER", "I-PER")
    for split in ("train", "dev", "test"):
        assert contents(found, split) == TEXTS
    first, second, third = found.splits["train"]
    assert [(span.start, span.end) for span in first.document.rationale] == [(0, 2)]
    assert [(span.start, span.end) for span in second.document.rationale] == [(1, 2)]
    assert third.document.rationale == ()
    assert [one.document.id for one in found.splits["dev"]] == [f"dev.conll-{n}" for n in (1, 2, 3)]


def test_another_column_has_other_tags(tmp_path) -> None:
    paths = three(tmp_path, columns, ".conll")
    with pytest.raises(InputError, match="all words of the training texts have one tag"):
        load_tagged(DataSettings(source="conll", paths=paths, label_column="2"))
    with pytest.raises(InputError, match="no column 7; the line has 4"):
        load_tagged(DataSettings(source="conll", paths=paths, label_column="7"))
    with pytest.raises(InputError, match="'ner' is no number"):
        load_tagged(DataSettings(source="conll", paths=paths, label_column="ner"))


def test_lists_of_words_and_tags_are_read(tmp_path) -> None:
    settings = DataSettings(
        source="file", paths=three(tmp_path, rows, ".jsonl"), text_column="tokens", label_column="ner"
    )
    assert contents(load_tagged(settings), "test") == TEXTS


def test_numbers_are_tags_by_their_names(tmp_path) -> None:
    names = ["O", "B-PER", "I-PER", "B-LOC"]
    numbered = [(words, [names.index(tag) for tag in tags]) for words, tags in TEXTS]
    paths = three(tmp_path, lambda path: rows(path, numbered), ".jsonl")
    settings = DataSettings(source="file", paths=paths, text_column="tokens", label_column="ner")
    assert contents(load_tagged(settings, names), "train") == TEXTS
    with pytest.raises(InputError, match=r"train.jsonl:1.*tag 1 is a number; tagging.names"):
        load_tagged(settings)
    with pytest.raises(InputError, match=r"tag 2, but tagging\.names has 2 names"):
        load_tagged(settings, names[:2])


def test_splits_that_are_missing_are_cut_from_training_texts(tmp_path) -> None:
    texts = [([f"w{n}", "Rome"], ["O", "B-LOC"]) for n in range(60)] + [(["w0", "Rome"], ["O", "B-LOC"])]
    path = columns(tmp_path / "all.conll", texts)
    found = load_tagged(DataSettings(source="conll", path=str(path)))
    sizes = {split: len(members) for split, members in found.splits.items()}
    assert sum(sizes.values()) == 60
    assert sizes["train"] > 30
    assert min(sizes.values()) > 0
    assert any("1 duplicate" in note for note in found.notes)
    fewer = load_tagged(DataSettings(source="conll", path=str(path), max_train=5))
    assert len(fewer.splits["train"]) == 5
    assert set(fewer.splits["train"]) < set(found.splits["train"])
    assert any(
        note == f"train: 5 of {sizes['train']} texts taken in hash order." for note in fewer.notes
    )


def test_rationales_of_any_reader_are_tags(tmp_path) -> None:
    lines = []
    for split in ("train", "dev", "test"):
        for label in ("good", "bad"):
            text = f"{split} it was very {label} , so {label}"
            spans = [[len(split) + 8, len(split) + 13 + len(label)]]
            lines.append({"text": text, "label": label, "split": split, "why": spans})
        lines.append({"text": f"{split} nobody marked", "label": "bad", "split": split, "why": None})
    path = tmp_path / "own.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    settings = DataSettings(
        source="file", path=str(path), split_column="split", rationale_column="why",
        rationales="annotated",
    )  # fmt: skip
    found = load_tagged(settings)
    assert found.tags == ("O", "B-rationale", "I-rationale")
    for split in ("train", "dev", "test"):
        assert contents(found, split) == [
            (
                [split, "it", "was", "very", label, ",", "so", label],
                ["O", "O", "O", "B-rationale", "I-rationale", "O", "O", "O"],
            )
            for label in ("good", "bad")
        ]
    assert "3 texts without annotation dropped." in found.notes


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([(["a", "b"], ["O"])], "2 words and 1 tag"),
        ([(["a", ""], ["O", "B-X"])], "word 2 is empty"),
        ([("a b", ["O", "B-X"])], "tokens is str, not a list"),
        ([(["a", "b"], None)], "ner is NoneType, not a list"),
        ([(["a"], ["O"])], "all words of the training texts have one tag"),
        ([(["a", None], ["O", "B-X"])], "the word None is no text"),
        ([(["a", "b"], ["O", ["B-X"]])], "the tag .* is no text"),
        ([(["a", "b"], ["O", 1.5])], "the tag 1.5 is no text"),
    ],
)
def test_texts_that_are_no_tagged_texts_are_refused(tmp_path, texts, said: str) -> None:
    paths = three(tmp_path, lambda path: rows(path, texts), ".jsonl")
    with pytest.raises(InputError, match=said):
        load_tagged(DataSettings(source="file", paths=paths, text_column="tokens", label_column="ner"))


def test_rationales_that_share_words_are_one_entity(tmp_path) -> None:
    text = "a b c d e f g h"
    spans = [[0, 9], [4, 7], [12, 15]]  # The first holds the second.
    lines = [
        {"text": f"{text} {split} {label}", "label": label, "split": split, "why": spans}
        for split in ("train", "dev", "test")
        for label in ("good", "bad")
    ]
    path = tmp_path / "own.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    settings = DataSettings(
        source="file", path=str(path), split_column="split", rationale_column="why",
        rationales="annotated",
    )  # fmt: skip
    (first, *_) = load_tagged(settings).splits["train"]
    inside = "I-rationale"
    assert first.tags[:8] == ("B-rationale", *[inside] * 4, "O", "B-rationale", inside)
    with pytest.raises(InputError, match="rationales have tags of their own"):
        load_tagged(settings, ["O"])


def test_numbers_in_columns_are_tags_by_their_names(tmp_path) -> None:
    numbered = [(words, [str(int(tag != "O")) for tag in tags]) for words, tags in TEXTS]
    paths = three(tmp_path, lambda path: columns(path, numbered), ".conll")
    found = load_tagged(DataSettings(source="conll", paths=paths), ["O", "B-X"])
    assert found.tags == ("O", "B-X")
    with pytest.raises(InputError, match=r"leave data\.rationale_\* out"):
        load_tagged(DataSettings(source="conll", paths=paths, rationale_column="1"))


def test_tags_that_spell_no_entities_are_told(tmp_path) -> None:
    odd = [*TEXTS, (["x", "y"], ["b_PER", "O"])]
    found = load_tagged(
        DataSettings(source="conll", paths=three(tmp_path, lambda path: columns(path, odd), ".conll"))
    )
    assert any("b_PER is none of BIO's" in note for note in found.notes)


def test_files_of_one_name_in_two_folders(tmp_path) -> None:
    paths = {}
    for split in ("train", "dev", "test"):
        (tmp_path / split).mkdir()
        paths[split] = str(columns(tmp_path / split / "data.conll"))
    found = load_tagged(DataSettings(source="conll", paths=paths))
    assert found.splits["dev"][0].document.id == "dev/data.conll-1"


def test_a_tag_that_is_not_learnt_is_refused(tmp_path) -> None:
    paths = three(tmp_path, columns, ".conll")
    columns(tmp_path / "dev.conll", [(["Rome"], ["B-ORG"])])
    with pytest.raises(InputError, match=r"dev text 'dev.conll-1' has the tag 'B-ORG', which no train"):
        load_tagged(DataSettings(source="conll", paths=paths))


def test_an_id_that_occurs_twice_is_refused(tmp_path) -> None:
    path = tmp_path / "twice.conll"
    path.write_text("# id = a\nx O\ny B-X\n\n# id = a\ny O\n")
    with pytest.raises(InputError, match=r"twice.conll:6: the id 'a' occurs twice"):
        load_tagged(DataSettings(source="conll", path=str(path)))


def test_a_file_without_texts_is_refused(tmp_path) -> None:
    path = tmp_path / "empty.conll"
    path.write_text("-DOCSTART- O\n\n")
    with pytest.raises(InputError, match="holds no texts"):
        load_tagged(DataSettings(source="conll", path=str(path)))
