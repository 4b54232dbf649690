"""GLUE, AG's News and DBpedia from the files in which they are distributed."""

import zipfile

import pytest

from workbench.config.data import DataSettings
from workbench.data.cards import data_card
from workbench.data.corpus import load_corpus
from workbench.data.readers.glue import load_standards
from workbench.errors import InputError

HEADERS = {
    "sst2": ["sentence", "label"],
    "mrpc": ["Quality", "#1 ID", "#2 ID", "#1 String", "#2 String"],
    "qqp": ["id", "qid1", "qid2", "question1", "question2", "is_duplicate"],
    "mnli": ["index", "promptID", "genre", "sentence1", "sentence2", "label1", "gold_label"],
    "qnli": ["index", "question", "sentence", "label"],
    "rte": ["index", "sentence1", "sentence2", "label"],
    "stsb": [
        "index",
        "genre",
        "filename",
        "year",
        "old_index",
        "source1",
        "source2",
        "sentence1",
        "sentence2",
        "score",
    ],
    "wnli": ["index", "sentence1", "sentence2", "label"],
}
"""Columns as the files have them; CoLA's have none."""
SCORES = ("3.800", "5.000", "0.25")
COLA = ["source", "label", "author_mark", "sentence"]


def settings(path, source="glue", **more):
    return DataSettings(**{"source": source, "path": str(path), "rationales": "none"} | more)


def tsv(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8", newline="")


def glue(folder, name, n=40):
    """A task's train and dev files; text k says `one k`, labels go round."""
    task = load_standards()["glue"].tasks[name]
    header = COLA if name == "cola" else HEADERS[name.removesuffix("-mismatched")]
    written = SCORES if task.value else list(task.codes or task.labels)
    for split, file in task.files.items():
        lines = [] if name == "cola" else [header]
        for k in range(n if split == "train" else 4):
            record = dict.fromkeys(header, "x") | {task.label: written[k % len(written)]}
            record[task.text[0]] = f'a "quoted {split} one {k}'
            if task.second:
                record[task.second] = f"two {k}"
            lines.append([record[column] for column in header])
        tsv(folder / file, lines)
    return task


@pytest.mark.parametrize("name", list(load_standards()["glue"].tasks))
def test_every_task_has_its_texts_classes_and_splits(name, tmp_path):
    task = glue(tmp_path, name)
    corpus = load_corpus(settings(tmp_path, subset=name))
    assert corpus.name == f"glue-{name}"
    assert corpus.labels == (("similarity",) if name == "stsb" else task.labels)
    sizes = {split: len(documents) for split, documents in corpus.splits.items()}
    assert sizes["test"] == 4
    assert sizes["train"] + sizes["dev"] == 40
    assert sizes["dev"] > 0
    test = corpus.splits["test"]
    # A lone quotation mark is part of the text and swallows no line.
    assert test[1].words == ("a", '"', "quoted", "test", "one", "1")
    assert test[1].second == (("two", "1") if task.second else ())
    assert test[1].label == ("5" if name == "stsb" else task.labels[1])
    assert any("dev file is test" in note for note in corpus.notes)
    assert any("dev cut from train by a hash" in note for note in corpus.notes)
    assert any("4 texts read; the whole set has" in note for note in corpus.notes)


def test_matched_and_mismatched_are_told_apart(tmp_path):
    glue(tmp_path, "mnli")
    tsv(
        tmp_path / "MNLI" / "dev_mismatched.tsv",
        [HEADERS["mnli"], ["0", "x", "x", "Other genre", "two", "neutral", "neutral"],
         ["1", "x", "x", "Undecided", "two", "neutral", "-"]],
    )  # fmt: skip
    corpus = load_corpus(settings(tmp_path, subset="MNLI_mismatched"))
    (only,) = corpus.splits["test"]
    assert (only.words, only.label) == (("Other", "genre"), "neutral")
    assert any("1 row left out on whose label" in note for note in corpus.notes)
    assert len(load_corpus(settings(tmp_path, subset="mnli")).splits["test"]) == 4


def test_the_task_folder_an_archive_and_a_byte_order_mark_do_as_well(tmp_path):
    glue(tmp_path, "mrpc")
    whole = load_corpus(settings(tmp_path, subset="mrpc"))
    train = tmp_path / "MRPC" / "train.tsv"
    train.write_bytes(b"\xef\xbb\xbf" + train.read_bytes().replace(b"\n", b"\r\n"))
    assert load_corpus(settings(tmp_path / "MRPC", subset="mrpc")).splits == whole.splits
    with zipfile.ZipFile(tmp_path / "glue.zip", "w") as archive:
        for name in ("train.tsv", "dev.tsv"):
            archive.write(tmp_path / "MRPC" / name, f"glue_data/MRPC/{name}")
    assert load_corpus(settings(tmp_path / "glue.zip", subset="mrpc")).splits == whole.splits


def test_qqp_leaves_out_unreadable_rows_and_counts_them(tmp_path):
    glue(tmp_path, "qqp")
    with (tmp_path / "QQP" / "train.tsv").open("a", encoding="utf-8") as file:
        file.write("40\tcut off\n41\tx\tx\t\tno first\t1\n42\tx\tx\tone\ttwo\tmaybe\n")
    corpus = load_corpus(settings(tmp_path, subset="qqp"))
    assert len(corpus.splits["train"]) + len(corpus.splits["dev"]) == 40
    assert any("3 rows left out that lack" in note for note in corpus.notes)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("only one field", r"train\.tsv:42: 1 field instead of 2 \(sentence, label\)"),
        ("good\t7", r"train\.tsv:42: unknown label '7' in label; known are 0 \(negative\), 1 \(pos"),
        ("good\t", r"train\.tsv:42: label is missing"),
        ("  \t1", r"train\.tsv:42: sentence is empty"),
    ],
)
def test_bad_rows_are_refused_by_line(line, message, tmp_path):
    glue(tmp_path, "sst2")
    with (tmp_path / "SST-2" / "train.tsv").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(InputError, match=message):
        load_corpus(settings(tmp_path, subset="sst2"))


def test_bad_files_are_refused_by_name(tmp_path):
    glue(tmp_path, "rte")
    train = tmp_path / "RTE" / "train.tsv"
    good = train.read_bytes()
    for content, message in (
        (good[:200] + b"\xff" + good[200:], r"train\.tsv:\d+: not UTF-8 \(byte 0xff\)"),
        (b" \n", r"train\.tsv: the file is empty"),
        (good.splitlines(True)[0], r"train\.tsv: the file holds no rows"),
        (
            b"a\tb\n",
            r"train\.tsv:1: no column sentence1, sentence2, label for glue-rte; there are: a, b",
        ),
    ):
        train.write_bytes(content)
        with pytest.raises(InputError, match=message):
            load_corpus(settings(tmp_path, subset="rte"))
    train.unlink()
    with pytest.raises(InputError, match=r"no RTE/train\.tsv nor train\.tsv in it"):
        load_corpus(settings(tmp_path, subset="rte"))


def test_tasks_that_are_not_there_or_not_offered_are_named(tmp_path):
    with pytest.raises(InputError, match=r"no task 'sst5' in data\.subset \(one of cola, sst2"):
        load_corpus(settings(tmp_path, subset="sst5"))
    with pytest.raises(InputError, match="needs the task's name"):
        load_corpus(settings(tmp_path))
    with pytest.raises(InputError, match="no public labels"):
        load_corpus(settings(tmp_path, subset="AX"))
    with pytest.raises(InputError, match=r"needs data\.path"):
        load_corpus(DataSettings(source="glue", subset="cola"))


def test_a_regressions_labels_are_numbers_told_in_the_card(tmp_path):
    glue(tmp_path, "stsb")
    corpus = load_corpus(settings(tmp_path, subset="STS-B", max_train=30))
    assert {document.label for document in corpus.splits["train"]} == {"3.8", "5", "0.25"}
    assert any("from 0 to 5" in note for note in corpus.notes)
    card = data_card(corpus).classes
    labels = [float(document.label) for document in corpus.splits["train"]]
    assert card.loc["train", "mean"] == pytest.approx(sum(labels) / 30)
    assert card.loc["train", ["min", "max"]].tolist() == [0.25, 5.0]


@pytest.mark.parametrize("score", ["high", "inf", "", "nan"])
def test_a_score_that_is_no_number_is_refused_by_line(score, tmp_path):
    task = glue(tmp_path, "stsb")
    path = tmp_path / task.files["train"]
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[2] = lines[2].rpartition("\t")[0] + "\t" + score
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match=r"train\.tsv:3: score is"):
        load_corpus(settings(tmp_path, subset="stsb"))


def csv_pair(folder, *rows):
    folder.mkdir()
    lines = [f'"{1 + k % 2}","Title {k}","Some ""quoted"" text, number {k}"\n' for k in range(30)]
    (folder / "train.csv").write_text("".join([*lines, *rows]), encoding="utf-8")
    (folder / "test.csv").write_text('"4","Last","Two\nlines\\band more"\n', encoding="utf-8")
    return folder


def test_agnews_joins_title_and_description(tmp_path):
    corpus = load_corpus(settings(csv_pair(tmp_path / "ag"), "agnews"))
    assert corpus.labels == ("World", "Sports", "Business", "Sci/Tech")
    (only,) = corpus.splits["test"]
    assert (only.label, only.id) == ("Sci/Tech", "test-2")
    assert only.words == ("Last", "Two", "lines", "band", "more")
    documents = {d.id: d for split in ("train", "dev") for d in corpus.splits[split]}
    assert len(documents) == 30
    assert documents["train-2"].label == "Sports"
    assert documents["train-2"].words[:5] == ("Title", "1", "Some", '"', "quoted")


def test_dbpedia_has_14_classes(tmp_path):
    corpus = load_corpus(settings(csv_pair(tmp_path / "db"), "dbpedia"))
    assert len(corpus.labels) == 14
    (only,) = corpus.splits["test"]
    assert only.label == "Athlete"
    assert "\\" in only.words


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('"5","a","b"\n', r"train\.csv:31: unknown label '5' in label; known are 1 \(World\)"),
        ('"1","a"\n', r"train\.csv:31: 2 fields instead of 3 \(label, title, description\)"),
        ('"1"," ",""\n', r"train\.csv:31: title and description is empty"),
        ('"1","a","b\n', r"train\.csv:31: not readable as CSV: unexpected end of data"),
        ('"1","a" b,"c"\n', r"train\.csv:31: not readable as CSV"),
    ],
)
def test_bad_csv_rows_are_refused_by_line(row, message, tmp_path):
    with pytest.raises(InputError, match=message):
        load_corpus(settings(csv_pair(tmp_path / "ag", row), "agnews"))
