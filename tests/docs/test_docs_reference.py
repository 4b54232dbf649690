"""The generated parts of the documentation name everything there is."""

import re

import pytest
from pydantic import BaseModel

from tests.helpers.docs_blocks import ROOT, docs_tool
from workbench.attribution.registry import refused_because
from workbench.catalog.backbones import BACKBONES
from workbench.catalog.scorers import SCORERS
from workbench.config.run import run_config_class
from workbench.metrics.registry import METRICS
from workbench.models.backbones import backbone_class

docs_tool("reference")  # `pages` imports it by its name.
pages = docs_tool("pages")


def page(name: str) -> str:
    """A page as the site shows it, before Markdown becomes HTML."""
    return pages.on_page_markdown((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8"))


def keys(kind: type[BaseModel], prefix: str = "") -> list[str]:
    found = []
    for name, field in kind.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found += keys(inner, f"{prefix}{name}.")
        else:
            found.append(prefix + name)
    return found


def test_every_key_stands_in_the_configuration_once() -> None:
    text = page("configuration").partition("## A comparison")[0]
    shown = re.findall(r"^\| `([\w.]+)` \|", text, flags=re.M)
    assert sorted(shown) == sorted(keys(run_config_class()))


def test_a_key_tells_type_bounds_default_and_meaning() -> None:
    text = page("configuration")
    assert (
        "| `adapler.phi` | number, ≥ 0 | `0.003` | Weight of the soft length: larger is faster. |"
        in text
    )
    assert "| `data.max_train` | whole number or null, ≥ 1 | `null` |" in text
    assert "| `evaluation.faithfulness.bins` | list of number | `[0.01, 0.05, 0.1, 0.2, 0.5]` |" in text
    assert "| `match.flops` | number or null, > 1 | `null` | Unpadded FLOPs speed-up. |" in text


def test_every_metric_has_a_row_and_a_sentence() -> None:
    text = page("metrics")
    rows = re.findall(r"^\| `(\w+)` \|.*\| (?:higher|lower|neither) \|", text, flags=re.M)
    assert rows == list(METRICS)
    source = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    told = ("comprehensiveness", "flip_point", "loo_kendall", "soft_sufficiency", "auprc", "r_precision")
    assert all(name in source for name in told)


def test_every_scorer_has_a_row_and_those_with_a_cost_have_a_formula() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \|.*\| (?:yes|no) \|", page("scorers"), flags=re.M)
    assert rows == list(SCORERS)
    source = (ROOT / "docs" / "scorers.md").read_text(encoding="utf-8")
    cost, computed = source.partition("## Cost")[2].split("## What they compute")
    explained = re.findall(r"`([a-z-]+)`", "".join(re.findall(r"^\| \w.*\|$", cost, flags=re.M)))
    assert len(explained) == len(set(explained)) >= 36
    for name in explained:
        assert name in SCORERS, name
        assert re.search(rf"(?<![\w-]){name}(?![\w-])", computed), name


def test_every_scorer_has_an_answer_for_every_family() -> None:
    text = page("backbones")
    rows = re.findall(r"^\| `([\w-]+)` \|((?: (?:yes|no: [^|]+) \|)+)$", text, flags=re.M)
    assert [name for name, _ in rows] == list(SCORERS)
    (header,) = re.findall(r"^\| scorer \| (.+) \|$", text, flags=re.M)
    columns = [column.split(", ") for column in header.split(" | ")]
    titles = {family: backbone_class(family).title for family in BACKBONES}
    assert sorted(title for column in columns for title in column) == sorted(titles.values())
    for name, cells in rows:
        for column, cell in zip(columns, cells.strip(" |").split(" | "), strict=True):
            for family in (family for family, title in titles.items() if title in column):
                reason = refused_because(SCORERS[name], backbone_class(family))
                assert cell == ("yes" if reason is None else f"no: it {reason}")
    assert any("no: it explains layers that normalise" in cells for _, cells in rows)


def test_every_family_has_a_row_and_no_other() -> None:
    source = (ROOT / "docs" / "backbones.md").read_text(encoding="utf-8")
    families, _, _ = source.partition("## Positions")
    named = re.findall(r"^\| [A-Z][^|]+ \| `([\w-]+)` \|", families, flags=re.M)
    assert named == list(BACKBONES)


def test_the_first_page_counts_our_scorers() -> None:
    (count,) = re.findall(r" (\d+) scorers", (ROOT / "docs" / "index.md").read_text(encoding="utf-8"))
    own = (one for one in SCORERS.values() if str(one.implementation).startswith("workbench."))
    assert int(count) == len([*own])


def test_every_command_is_there_and_nothing_reads_as_html() -> None:
    text = page("command-line")
    for command in ("run", "compare", "attribute", "evaluate", "data convert", "data plant", "explain"):
        assert f"`workbench {command}`" in text
    assert "--match" in text
    assert "<" not in re.sub(r"`[^`]*`", "", text)


def test_every_module_that_says_what_it_is_has_a_place() -> None:
    shown = [name for room in pages.rooms() for name in pages.modules_of(room)]
    assert {"workbench", "workbench.config.run", "workbench.models.layouts.packed"} <= set(shown)
    assert len(shown) == len(set(shown))
    silent = [path for path in (ROOT / "workbench").rglob("*.py") if not path.read_text().strip()]
    assert len(shown) + len(silent) == len(list((ROOT / "workbench").rglob("*.py")))


def test_links_of_files_from_outside_lead_to_pages(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    (tmp_path / "CONTRIBUTING.md").write_text(
        "[a](docs/design.md#a-policy) [b](CHANGELOG.md) [c](LICENSE) [d](https://x.org/docs/e.md)",
        encoding="utf-8",
    )
    assert pages.relinked("CONTRIBUTING.md") == (
        "[a](design.md#a-policy) [b](changelog.md) c [d](https://x.org/docs/e.md)"
    )


def test_every_page_is_filled_in() -> None:
    for path in (ROOT / "docs").glob("*.md"):
        assert not re.search("^<!-- generated", page(path.stem), flags=re.M), path


def test_an_unknown_part_is_an_error() -> None:
    with pytest.raises(KeyError):
        pages.on_page_markdown("<!-- generated: weather -->")
