"""WebAnno TSV and CAS JSON: stacked marks, escapes, UTF-16, several annotators, and the class."""

import json

import pytest

from workbench.config.data import DataSettings
from workbench.data.corpus import load_corpus
from workbench.data.readers.webanno_tsv import read_tsv
from workbench.data.sources import data_settings
from workbench.errors import InputError

HEADER = (
    "#FORMAT=WebAnno TSV 3.3\n"
    "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS|PosValue|coarseValue\n"
    "#T_SP=webanno.custom.Why|kind\n"
    "#T_RL=webanno.custom.Link|role|BT_webanno.custom.Why\n\n\n"
)


def tsv(*tokens, gaps=None):
    """A file; each token is (word, cell of the layer Why)."""
    lines, at = [], 0
    for number, (word, why) in enumerate(tokens, start=1):
        size = len(word.replace("\\", "").encode("utf-16-le")) // 2
        lines.append(f"1-{number}\t{at}-{at + size}\t{word}\tNN\tNOUN\t{why}\t_\t_\t\n")
        at += size + (gaps or {}).get(number, 1)
    return HEADER + "#Text=left out here\n" + "".join(lines)


GOOD = tsv(
    ("A", "_"), ("very", "Reason[1]"), ("warm", "Reason[1]|Doubt[2]"), ("film", "Doubt[2]"), (".", "*"),
    gaps={4: 0},
)  # fmt: skip
BAD = tsv(("Dull", "Doubt"), ("plot", "_"))
WHY = "webanno.custom.Why"


def cas(text, *marks, label=None, kind=WHY):
    """A file; each mark is (passage, value)."""
    structures = [
        {"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaID": "_InitialView", "sofaString": text},
        {"%ID": 2, "%TYPE": "uima.tcas.DocumentAnnotation", "@sofa": 1, "begin": 0, "end": 0},
    ]
    for n, (passage, value) in enumerate(marks, start=3):
        before = text[: text.index(passage)]
        begin, end = (len(part.encode("utf-16-le")) // 2 for part in (before, before + passage))
        structures.append(
            {"%ID": n, "%TYPE": kind, "@sofa": 1, "begin": begin, "end": end, "kind": value}
        )
    if label:
        structures.append({"%ID": 99, "%TYPE": "webanno.custom.Text", "@sofa": 1, "label": label})
    return json.dumps({"%TYPES": {}, "%FEATURE_STRUCTURES": structures, "%VIEWS": {}}, indent=1)


def write(folder, **files):
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


def load(path, **more):
    settings = DataSettings(source="inception", path=str(path), rationales="annotated", **more)
    corpus = load_corpus(settings, training=False)
    return corpus, {d.id: d for members in corpus.splits.values() for d in members}


def marked(document, spans=None):
    words = document.words
    return [" ".join(words[s.start : s.end]) for s in (spans or document.rationale)]


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "films", test__good__one_tsv=GOOD, test__bad__two_tsv=BAD)


def test_marks_of_several_tokens_stacked_and_alone(folder):
    corpus, found = load(folder)
    assert corpus.labels == ("bad", "good")
    assert found["test/good/one"].words == ("A", "very", "warm", "film", ".")
    # "very warm" and "warm film" are two marks, "." a third without a value.
    assert marked(found["test/good/one"]) == ["very warm", "warm film", "."]
    assert marked(found["test/bad/two"]) == ["Dull"]
    _, found = load(folder, rationale_labels=["Reason"])
    assert marked(found["test/good/one"]) == ["very warm"]
    assert found["test/bad/two"].rationale == ()


def test_tokens_close_to_each_other_escapes_and_parts_of_tokens():
    content = (
        HEADER
        + "1-1\t0-3\ta\\_b\t_\t_\t_\t_\t_\t\n"
        + "1-2\t3-5\t😀\t_\t_\tx\\|y\t_\t_\t\n"
        + "1-3\t6-13\tdon't\\[]\t_\t_\t_\t_\t_\t\n"
        + "1-3.1\t9-11\t't\t_\t_\tz[7]\t_\t_\t\n"
    )
    found = read_tsv(content, "f")
    assert found.text == "a_b😀 don't[]"
    assert [(m.spans, m.values) for m in found.marks] == [(((3, 4),), ("x|y",)), (((8, 10),), ("z",))]


def test_an_exported_project_with_several_annotators(tmp_path):
    other = GOOD.replace("Reason[1]|Doubt[2]", "Reason[1]").replace("Doubt[2]", "_")
    write(tmp_path, annotation__one_txt__anna_tsv=GOOD, annotation__one_txt__ben_tsv=other,
          annotation__one_txt__cleo_tsv=GOOD.replace("*", "_"), annotation__two_txt__anna_tsv=BAD,
          curation__one_txt__CURATION_tsv=GOOD, labels_csv="id,label,split\none,x,test\ntwo,y,test\n",
          exportedproject_json='{"name": "films"}')  # fmt: skip
    (tmp_path / "annotation" / "one.txt" / "INITIAL_CAS.tsv").write_text(GOOD, encoding="utf-8")
    corpus, found = load(tmp_path)
    assert sorted(found) == ["annotation/one", "annotation/two"]
    one = found["annotation/one"]
    assert [m.annotator for m in one.annotations] == ["anna", "ben", "cleo"]
    # "very" and "warm" by all, "film" by two of three, "." by two.
    assert one.shares == (0.0, 1.0, 1.0, 2 / 3, 2 / 3)
    assert marked(one) == ["very warm film ."]
    assert "1 file of the curation not used, beside annotations." in corpus.notes
    assert "1 file that is neither WebAnno TSV 3 nor CAS JSON not used." in corpus.notes
    _, found = load(tmp_path, annotators="ben")
    assert marked(found["annotation/one"]) == ["very warm", "."]


def test_cas_json_counts_utf_16_and_names_the_class(tmp_path):
    write(
        tmp_path / "test",
        one_json=cas("😀 a warm film", ("warm film", "Reason"), label="good"),
        two_json=cas("so dull", ("dull", "Doubt"), label="bad"),
        three_json=cas("no class"),
    )
    corpus, found = load(tmp_path)
    assert (found["test/one"].label, marked(found["test/one"])) == ("good", ["warm film"])
    assert (found["test/two"].label, marked(found["test/two"])) == ("bad", ["dull"])
    assert corpus.notes[0] == "1 text without a class left out."
    assert not corpus.warnings or "U+FFFF" not in " ".join(corpus.warnings)


def test_structures_by_id(tmp_path):
    value = json.loads(cas("so dull", ("dull", "Doubt"), label="bad"))
    value["%FEATURE_STRUCTURES"] = {str(s.pop("%ID")): s for s in value["%FEATURE_STRUCTURES"]}
    for one in value["%FEATURE_STRUCTURES"].values():
        one.pop("@sofa", None)
    write(tmp_path, one_json=json.dumps(value))
    assert marked(load(tmp_path)[1]["one"]) == ["dull"]


def test_the_layer_is_chosen_or_named(tmp_path):
    entity = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
    write(tmp_path, a__one_json=cas("a warm film", ("warm", "x")),
          a__two_json=cas("a cold film", ("cold", "x"), kind=entity))  # fmt: skip
    with pytest.raises(InputError, match=r"several layers, name one in data\.rationale_column: de\.tud"):
        load(tmp_path)
    _, found = load(tmp_path, rationale_column="NamedEntity")
    assert (found["a/one"].rationale, marked(found["a/two"])) == ((), ["cold"])
    assert marked(load(tmp_path, rationale_column=WHY)[1]["a/one"]) == ["warm"]
    with pytest.raises(InputError, match=r"no layer Other \(data\.rationale_column\): de\.tud.*Why"):
        load(tmp_path, rationale_column="Other")


def test_the_form_is_recognised(folder, tmp_path):
    assert data_settings(str(folder / "test" / "good" / "one.tsv")).source == "inception"
    with pytest.raises(InputError, match=r"one document; data\.path is the folder"):
        load(folder / "test" / "good" / "one.tsv")
    write(tmp_path / "cas", one_json=cas("x y"))
    assert data_settings(str(tmp_path / "cas" / "one.json")).source == "inception"
    write(tmp_path / "project", annotation__one_txt__anna_tsv=GOOD)
    assert data_settings(str(tmp_path / "project")).source == "inception"
    write(tmp_path, own_tsv="text\tlabel\na\tb\n")
    assert data_settings(str(tmp_path / "own.tsv")).source == "file"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("1-1\t0-1\tA", "1-1\tA", r"one\.tsv:8: not a token of WebAnno TSV 3"),
        ("2-6\tvery", "2-5\tvery", r"one\.tsv:9: the token 'very' does not fit its offsets 2-5"),
        ("2-6\tvery", "0-4\tvery", r"one\.tsv:9: the token 'very' does not fit its offsets 0-4"),
        ("\tReason[1]\t_\t_\t\n", "\tReason[1]\n", r"one\.tsv:9: 6 columns, but webanno.*Link is in 8"),
        ("1-2\t2-6", "1-1.1\t2-6", r"one\.tsv:9: a part 2-6 that is not in the token 1-1"),
    ],
)
def test_bad_lines_are_named(old, new, message, folder):
    assert old in GOOD
    write(folder, test__good__one_tsv=GOOD.replace(old, new))
    with pytest.raises(InputError, match=message):
        load(folder)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"%FEATURE_STRUCTURES": 3}, r"one\.json: %FEATURE_STRUCTURES is no list of objects"),
        ({"%FEATURE_STRUCTURES": []}, r"one\.json: no text in it"),
    ],
)
def test_bad_objects_are_named(value, message, tmp_path):
    write(tmp_path, a__one_json=json.dumps(value))
    with pytest.raises(InputError, match=message):
        load(tmp_path)


def test_marks_outside_and_other_texts(tmp_path):
    outside = cas("so dull", ("dull", "x")).replace('"end": 7', '"end": 70')
    write(tmp_path / "a", x__one_json=outside)
    with pytest.raises(InputError, match=r"webanno\.custom\.Why 3: \[3, 70\] lies outside the text"):
        load(tmp_path / "a")
    empty = cas("so dull", ("dull", "x")).replace('"begin": 3', '"begin": 7')
    write(tmp_path / "b", x__one_json=empty)
    corpus, found = load(tmp_path / "b")
    assert found["x/one"].rationale == ()
    assert "1 mark of no width left out." in corpus.notes
    write(tmp_path / "c", one_txt__anna_tsv=GOOD, one_txt__ben_tsv=BAD, labels_csv="id,label\none,x\n")
    with pytest.raises(InputError, match=r"one\.txt: ben has another text than anna"):
        load(tmp_path / "c")
