"""YAML of somebody else: what could hang, lie or crash is refused by file and line, at once."""

from itertools import pairwise
from pathlib import Path

import pytest

from workbench.errors import InputError
from workbench.storage.strict_yaml import LONGEST, read_yaml, yaml_value

NINE = "abcdefghi"
BOMB = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{below}'] * 9)}]\n" for below, name in pairwise(NINE)
)
REFUSED = {
    "a bomb": (BOMB, 5, "more than 20,000 values, aliases written out"),
    "an alias of itself": ("a: &a [*a]", 1, "*a is not known here"),
    "an alias of nothing": ("a: *b", 1, "*b is not known here"),
    "deep by aliases": (
        "a0: &a0 [x]\n" + "".join(f"a{n + 1}: &a{n + 1} [*a{n}]\n" for n in range(30)),
        20,
        "nested deeper than 20 levels",
    ),
    "a merge": ("<<: {a: 1}", 1, "a key must be one word"),
    "a key twice": ("a: {x: 1}\nb: 2\na: {y: 2}", 3, "the key 'a' is there twice"),
    "a key twice below": ("a:\n  - b: 1\n    b: 2", 3, "the key 'b' is there twice"),
    "equal numbers as keys": ("1: a\n0x1: b", 2, "the key '0x1' is there twice"),
    "a list as a key": ("? [a]\n: 1", 1, "a key must be one word"),
    "no such month": ("a: 1\nb: 2001-13-45", 2, "'2001-13-45' cannot be read: month must be in 1..12"),
    "no such offset": ("a: 2001-12-14t21:59:43-99:99", 1, "cannot be read: offset"),
    "5,000 digits": ("a: " + "9" * 5000, 1, "a number of 5000 characters"),
    "5,000 sixties": ("a: 1" + ":10" * 5000, 1, "a number of 15001 characters"),
    "deep in a line": ("a: " + "[" * 900, 1, "nested deeper than 20 levels"),
    "deep by lines": ("".join(f"{' ' * n}a:\n" for n in range(99)), 21, "nested deeper than 20 levels"),
    "no number": ("a: !!int many", 1, "'many' cannot be read"),
    "no date": ("a: !!timestamp many", 1, "'many' cannot be read"),
    "an object": ("a: !!python/object/apply:os.getcwd []", 1, "could not determine a constructor"),
    "a NUL": ('a: 1\nb: "x\\0y"', 2, "a NUL"),
    "two documents": ("a: 1\n---\na: 2", 2, "found another document"),
    "an open list": ("a: [1", 2, "did not find expected"),
}


@pytest.mark.parametrize(("text", "line", "told"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_named_by_file_and_line(
    tmp_path: Path, text: str, line: int, told: str
) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_yaml(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:{line}: not valid YAML: ")
    assert told in message
    assert "\n" not in message
    assert len(message) < 400


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a: b\nc: gr\xf6\xdfe", ":2: cannot be read: not UTF-8 (byte 0xf6)"),
        (b"a: \0", ": not valid YAML: "),
        (b"#" * (LONGEST + 1), ": longer than 262,144 bytes"),
        (b"- a", ": the top level must be a mapping"),
    ],
    ids=["Latin-1", "NUL", "long", "list"],
)
def test_files_that_are_no_configuration_are_named(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_yaml(path)
    assert str(caught.value).startswith(f"{path}{told}")


def test_aliases_stand_for_what_they_name() -> None:
    assert yaml_value("a: &a [1, 2]\nb: *a\nc: {d: *a}", "here") == {
        "a": [1, 2], "b": [1, 2], "c": {"d": [1, 2]},
    }  # fmt: skip


def test_ordinary_values_are_read_as_they_were() -> None:
    text = "a: [1, 0.5, .inf, yes, null, 2001-12-14]\nb: {c: 'x: y', 7: größe}"
    value = yaml_value(text, "here")
    assert [str(part) for part in value["a"]] == ["1", "0.5", "inf", "True", "None", "2001-12-14"]
    assert value["b"] == {"c": "x: y", 7: "größe"}
    assert yaml_value("", "here") is None
