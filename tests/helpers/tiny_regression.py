"""STS-B in small: its files over the sample's words, and a run of three methods on them."""

from pathlib import Path

from transformers import BertForSequenceClassification

from tests.helpers.tiny_runs import SAMPLE, TinyRun, once, save_bert, write_settings

HEADER = ["genre", "sentence1", "sentence2", "score"]


def write_stsb(folder: Path) -> dict:
    """STS-B's two files over the sample's words; the settings that read them."""
    text = (SAMPLE / "docs" / "wedding.txt").read_text(encoding="utf-8").lower()
    words = [word for word in text.split() if word.isalpha()]
    for name, rows in (("train", 100), ("dev", 8)):
        lines = ["\t".join(HEADER)]
        for k in range(rows):
            first = " ".join(words[(7 * k + i) % len(words)] for i in range(6))
            second = " ".join(words[(7 * k + i + k % 6) % len(words)] for i in range(6))
            lines.append("\t".join(["news", f"{name} {first}", second, f"{5 - k % 6:.3f}"]))
        path = folder / "STS-B" / f"{name}.tsv"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {"source": "glue", "path": str(folder), "subset": "stsb", "rationales": "none"}


def write_encoder(folder: Path) -> None:
    """Four layers, for TR-BERT's two selectors; no head: the sample's BERT has one of two classes."""
    save_bert(folder, layers=4)
    BertForSequenceClassification.from_pretrained(folder).bert.save_pretrained(folder)


def finished_tiny_regression(factory) -> TinyRun:
    """Dense, AdapLeR and ToP, trained once per test session; leave the run as it is."""

    def settings(folder: Path) -> Path:
        evaluation = {"scorers": ["cp", "top", "saliency", "attention"]}
        config = write_settings(folder, data=write_stsb(folder), evaluation=evaluation)
        write_encoder(folder / "bert")
        return config

    return once(factory, "tiny-regression", settings)
