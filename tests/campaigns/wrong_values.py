"""Values that are wrong for an option or a key, by its kind."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

LONG = "n" * 300
DIGITS = "9" * 5000
NESTED = "[" * 3000
ESCAPE = "\x1b]0;owned\x07"
BOMB = (
    "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
    "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
    "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n"
    "name: [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n"
)
TEXTS: dict[str, bytes] = {
    "bomb": BOMB.encode(),
    "nested": b"a: " + b"[" * 5000,
    "nested maps": b"{a: " * 900,
    "digits": b"seed: " + DIGITS.encode(),
    "bad date": b"seed: 2001-13-45",
    "duplicate": b"name: a\nseed: 1\nseed: 2\n",
    "duplicate section": b"adapler: {phi: 0.1}\nadapler: {tolerance: 0.5}\n",
    "list": b"- a\n- b\n",
    "scalar": b"just words",
    "tab": b"data:\n\tsource: eraser\n",
    "not UTF-8": b"name: \xff\xfe\n",
    "UTF-16": "name: tiny\n".encode("utf-16"),
    "NUL": b'name: "a\\0b"\n',
    "object": b"name: !!python/object/apply:os.system [touch owned]\n",
    "unknown tag": b"name: !evil x\n",
    "long name": f"name: {LONG}\n".encode(),
    "leaving name": b"name: ../../owned\n",
    "absolute name": b"name: /tmp/owned\n",
    "empty name": b'name: ""\n',
    "escape": b'name: "\\e]0;owned\\a"\nnope: 1\n',
    "unknown key": b"nope: 1\n",
    "unknown key of a section": b"adapler: {nope: 1}\n",
    "unknown escape as key": b'"\\e]0;owned\\a": 1\n',
    "two documents": b"name: a\n---\nname: b\n",
    "cycle": b"name: &n [*n]\n",
    "merge": b"<<: 1\n",
    "garbage": bytes(range(1, 256)),
    "infinite": b"adapler: {phi: .inf}\n",
    "not a number": b"adapler: {phi: .nan}\n",
}
"""Whole configuration files, by what is wrong with them."""
SETTINGS = [
    "nope=1", "x", "=1", "", "seed=x", f"seed={DIGITS}", "seed=2001-13-45", f"adapler.phi={NESTED}",
    "adapler.phi={", "data=1", "a.b.c.d=1", f"{ESCAPE}=1", "seed=[1]", "seed=9223372036854775808",
    "evaluation.splits=[]", "evaluation.splits=[test,test]", "efficiency.batch_sizes=[]",
    "efficiency.batch_sizes=[0,-1]", "backbone=/no/such", f"backbone={LONG}", "data.path=/no/such",
    f"data.path={LONG}", "data.source=nope", "methods=[]", "methods=[nope]", "methods=[dense,dense]",
    "evaluation.scorers=[nope]", "dense.epochs=0", "dense.learning_rate=-1", "dense.batch_size=0",
    "adapler.phi=.nan", "data.max_tokens=1000000000000", "evaluation.bootstrap=-1",
]  # fmt: skip
"""Arguments of --set, each wrong."""


def wrong_for(name: str, kind: Any) -> Iterator[str]:
    """List what a parameter of this name, and of this type, cannot take."""
    kinds = {kind, *get_args(kind)}
    if any(get_origin(part) is Literal for part in kinds):
        yield from ("nope", "", ESCAPE)
    elif int in kinds:
        yield from ("x", "", "1.5", "0x", DIGITS, "-9" * 4, "-1")
    elif float in kinds:
        yield from ("x", "", "1,5", "nan", "inf", "-1")
    elif name in ("scorers", "batch", "tokens"):
        yield from ("nope", ",", "saliency,nope", "saliency@99", "saliency@x", "1,x", "-1", ESCAPE)
    elif name == "overrides":
        yield from SETTINGS
    elif name == "plugin":
        yield from ("/no/such.py", ".", "{base}/tiny.yaml", LONG)
    else:
        yield from ("/no/such/file", LONG, ESCAPE, "{base}/tiny.yaml/x", f"/no/{LONG}", "a" * 5000, "")


def wrong_keys(kind: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """List every key of a configuration with values that its type or its bounds forbid."""
    for name, field in kind.model_fields.items():
        parts = [p for p in (field.annotation, *get_args(field.annotation)) if isinstance(p, type)]
        sections = [part for part in parts if issubclass(part, BaseModel)]
        if sections:
            yield f"{prefix}{name}", "a word"
            yield from wrong_keys(sections[0], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", {"a": {"map": 1}}
            yield from ((f"{prefix}{name}", value) for value in _beyond(field))


def _beyond(field: FieldInfo) -> Iterator[Any]:
    """Values outside of the bounds."""
    for rule in field.metadata:
        for sign, step in (("ge", -1), ("gt", 0), ("le", 1), ("lt", 0)):
            if (bound := getattr(rule, sign, None)) is not None:
                yield bound + step
    if field.annotation in (int, float):
        yield from ("words", None, "1e999x", [1])
