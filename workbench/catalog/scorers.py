"""What each scorer is, without the libraries that run it: declared above its code, or by a plug-in."""

import dataclasses
import inspect
import re
from collections.abc import Callable, Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass

from workbench.catalog.declarations import read_declarations
from workbench.catalog.entry_points import load_entry_points
from workbench.catalog.methods import PLUGIN_ORDER, SPARE_COLOURS, method_colour
from workbench.catalog.options import OptionName
from workbench.catalog.registry import Registry, calling_place, wrong_fields
from workbench.errors import InputError

PACKAGE = "workbench.attribution.scorers"
"""Every file below it is read for declarations."""
Group = Literal["learned", "gradient", "attention", "decomposition", "perturbation", "control"]
Takes = Literal["layers", "task", "layer_input", "switches", "window"]
Rows = Literal["all", "input", "some"]
CONTROL_ORDER = 2 * PLUGIN_ORDER
"""Added to the order of controls: they are last."""
GREY = "#7F7F7F"

_T = TypeVar("_T", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class ScorerSpec:
    """An entry of the catalogue."""

    name: str
    """In configurations, commands, files and columns."""
    title: str
    """In tables and figures."""
    description: str
    """What exactly it scores, fit for a table's caption."""
    group: Group
    implementation: str | Callable[..., Any]
    """`package.module:name`, imported when the scorer is used, or the function or class itself."""
    takes: Takes = "task"
    """What the implementation is given: an `Observer` class is shown the `layers` of a pass; a function
    takes a batch as a `task`, or one text at a time: its state at a layer's input (`layer_input`), its
    units to be hidden (`switches`), or the `window` alone."""
    method: str | None = None
    """The only method it can score; None: any model."""
    extra_options: frozenset[OptionName] = frozenset()
    """What it supports besides `layers`, besides `sign` and `granularity` unless it is a control, and
    besides `against` where it supports `target`."""
    signed: bool = False
    """Whether scores may be negative."""
    rows: Rows = "all"
    """The layers that have scores: all, some that the scorer knows itself, or the input only (row 0).
    With `input` it scores words or sentences as such; others' token scores are added up."""
    keeps_graph: bool = False
    """Whether it keeps the activations of all layers at once: batches are made smaller."""
    by_head: bool = False
    """Whether `name@3` is the same scorer of head 3 alone."""
    cls_row: bool = False
    """Whether it is the row that the model's head reads, [CLS]'s or, of an answer, that of its first and
    last token; `target` then says of which answer."""
    needs_post_norm: bool = False
    """Whether it is defined only where each half of a layer adds its residual and then normalises, as in
    BERT, and where the head is two linear layers."""
    colour: Annotated[str, Field(pattern=r"^(#[0-9A-Fa-f]{6})?$")] = ""
    """`#RRGGBB`; empty: its method's, else a spare one."""
    order: int = PLUGIN_ORDER
    revision: int = 1
    """Of our own scorers: raised when the numbers under the name become others, so that scores made
    before are not taken for those made now."""

    @property
    def supported_options(self) -> frozenset[OptionName]:
        """The options that are not refused."""
        more: set[OptionName] = {"layers"}
        if self.group != "control":
            more |= {"granularity", "sign"}
        if "target" in self.extra_options:
            more.add("against")
        return self.extra_options | more

    @property
    def head(self) -> int | None:
        """The head of `name@head`."""
        head = self.name.partition("@")[2]
        return int(head) if head else None


def register_scorer(**declaration: Any) -> Callable[[_T], _T]:
    """Declare the function or `Observer` class below as a scorer.

    Scorers of the workbench are known from their files already; their declarations must be literals.

    Args:
        declaration: The fields of `ScorerSpec` but `implementation`; name, title, description and group
            are needed.

    Raises:
        InputError: A taken name or a wrong declaration; names file and line.
    """

    def register(implementation: _T) -> _T:
        known, _ = _built_in().get(str(declaration.get("name")), (None, ""))
        path = ":".join(str(getattr(implementation, p, "")) for p in ("__module__", "__qualname__"))
        if known is None or known.implementation != path:
            place = calling_place()
            _check_code(implementation, declaration, place)
            observes = inspect.isclass(implementation)
            spec = _spec(declaration, implementation, place, len(SCORERS), observes=observes)
            SCORERS.add(spec, place)
        return implementation

    return register


def _check_code(implementation: Any, declaration: dict[str, Any], place: str) -> None:
    """InputError for what is neither a function nor an `Observer`, or takes other arguments."""
    where = f"{place}: scorer {declaration.get('name', '(unnamed)')!r}"
    observes = inspect.isclass(implementation) and hasattr(implementation, "see")
    if not (observes or inspect.isfunction(implementation)):
        raise InputError(f"{where}: put register_scorer above a function or an Observer class")
    takes = "layers" if observes else declaration.get("takes", "task")
    if takes == "layers" and not observes:
        raise InputError(f"{where}: takes 'layers', which is for an Observer class")
    count = {"layers": int(declaration.get("by_head", False)), "window": 3}.get(takes, 1)
    try:
        inspect.signature(implementation).bind(*range(count))
    except TypeError as error:
        raise InputError(f"{where}: takes {takes!r}, {count} argument(s), but: {error}") from None


def _spec(
    declaration: dict[str, Any], implementation: Any, place: str, number: int, *, observes: bool
) -> ScorerSpec:
    """The entry, with a place at the end and a colour where it names none."""
    where = f"{place}: scorer {declaration.get('name', '(unnamed)')!r}"
    try:
        takes = {"takes": "layers"} if observes else {}
        spec = ScorerSpec(**declaration | takes | {"implementation": implementation})
    except ValidationError as error:
        wrong = wrong_fields(error)
        fields = [one.name for one in dataclasses.fields(ScorerSpec) if one.name != "implementation"]
        raise InputError(f"{where}: {wrong} (fields: {', '.join(fields)})") from None
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,59}", spec.name):
        raise InputError(f"{where}: a name has up to 60 lower-case letters, digits, - and _ only")
    control = spec.group == "control"
    order = spec.order if spec.order != PLUGIN_ORDER else PLUGIN_ORDER + number
    colour = GREY if control else SPARE_COLOURS[number % len(SPARE_COLOURS)]
    return dataclasses.replace(
        spec,
        order=order + control * CONTROL_ORDER,
        colour=spec.colour or (colour if spec.method is None else ""),
    )


@cache
def _built_in() -> dict[str, tuple[ScorerSpec, str]]:
    """The workbench's own scorers, and the place where each is declared."""
    entries: dict[str, tuple[ScorerSpec, str]] = {}
    folder = Path(__file__).parents[1] / "attribution" / "scorers"
    for place, implementation, observes, values in read_declarations(folder, PACKAGE, "register_scorer"):
        spec = _spec(values, implementation, place, len(entries), observes=observes)
        if spec.name in entries:
            raise InputError(f"{place}: {spec.name!r} is declared already, at {entries[spec.name][1]}")
        entries[spec.name] = spec, place
    return entries


def _load() -> None:
    for spec, place in _built_in().values():
        SCORERS.add(spec, place)
    load_entry_points("workbench.scorers", SCORERS)


SCORERS: Registry[ScorerSpec] = Registry("scorer", _load)
"""Every scorer by name, in order of presentation."""


class _Controls(Collection[str]):
    """Names of the controls, those of plug-ins included."""

    def __iter__(self) -> Iterator[str]:
        return (name for name, spec in SCORERS.items() if spec.group == "control")

    def __contains__(self, name: object) -> bool:
        return name in SCORERS and SCORERS[str(name)].group == "control"

    def __len__(self) -> int:
        return sum(1 for _ in self)


CONTROLS = _Controls()
"""Scorers that know nothing, or everything: what the others are compared with."""


_HEAD = re.compile("0|[1-9][0-9]{0,3}")
"""A head's number, written in one way only: names are those of files."""


def scorer_spec(name: str) -> ScorerSpec:
    """Return a scorer's entry, of `name@head` too; InputError lists the known ones and the nearest."""
    plain, at, head = name.partition("@")
    if at and plain in SCORERS and SCORERS[plain].by_head and _HEAD.fullmatch(head):
        spec = SCORERS[plain]
        description = re.sub(r", head mean| heads and", "", spec.description)
        return dataclasses.replace(
            spec,
            name=name,
            title=f"{spec.title}, head {head}",
            description=f"{description}, head {head}",
        )
    return SCORERS.find(name)


def scorer_title(name: str) -> str:
    """Return a scorer's title; an unknown name stays as it is."""
    try:
        return scorer_spec(name).title
    except InputError:
        return name


def scorer_colour(name: str) -> str:
    """Return a scorer's colour, `#RRGGBB`; grey for an unknown one."""
    spec = SCORERS.get(name.partition("@")[0])
    if spec is None:
        return GREY
    return spec.colour or method_colour(str(spec.method))


def own_scorer(method: str) -> str:
    """Return the name of a method's own scorer; without one, the method's name."""
    return next((name for name, spec in SCORERS.items() if spec.method == method), method)
