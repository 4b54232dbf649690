"""The plan of a comparison: trainings, what each waits for, what is done, how long the rest takes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbench.config.comparison import CompareConfig, spelled
from workbench.errors import InputError, shown
from workbench.models.model_config import read_config
from workbench.models.pretrained import locate
from workbench.pipeline.compare.trials import Trial, seconds_spent
from workbench.pipeline.job import Job
from workbench.pipeline.run import is_finished, is_trained
from workbench.runs.folder import COMPARISON, Run
from workbench.runs.manifest import STAGES, read_stages
from workbench.storage.atomic import read_json

MATCH = "match"
"""Stands for the strength of a search."""
RATE = 1.2e-3
"""Seconds per training token and epoch, evaluation included: the mean of the dense runs of
docs/numbers/compare-demo (268 s for 2 epochs over 109,709 tokens, on two cores)."""
MEASURED_ON = 6 * 384**2
"""Layers times squared width of the encoder with which `RATE` was measured."""

_LAST = "about"
"""The stage with which a run ends."""


@dataclass(frozen=True)
class Part:
    """A training that can be asked for by itself, or a search, which is several of them."""

    method: str
    strength: str
    """As folders write it; `fixed` without one, `match` for a search."""
    seed: int
    after: tuple[str, ...] = ()
    """Names of the parts that must be done before."""
    value: float | None = None
    """The strength itself, of which `strength` has six digits; None without one, and for a search."""

    @property
    def name(self) -> str:
        """As `--only` takes it."""
        return f"{self.method}:{self.strength}:{self.seed}"

    @property
    def folder(self) -> str:
        """Where it lies below the comparison's folder; of a search all that it tries."""
        if self.method == "dense":
            return f"dense/seed{self.seed}"
        strength = "*" if self.strength == MATCH else self.strength
        return f"cells/{self.method}/{strength}-seed{self.seed}"


@dataclass(frozen=True)
class Step:
    """A part with what is known of it."""

    part: Part
    state: Literal["done", "begun", "to do"]
    trainings: int
    """That are left, at most."""
    minutes: float


@dataclass(frozen=True)
class Plan:
    """The steps of a comparison in their order."""

    steps: tuple[Step, ...]
    basis: str
    """What the minutes are estimated from, in a sentence."""

    @property
    def minutes(self) -> float:
        return sum(step.minutes for step in self.steps)

    @property
    def longest_chain(self) -> float:
        """Minutes of the parts that wait for each other and take longest: no engine is faster."""
        ends: dict[str, float] = {}
        for step in self.steps:
            begins = max((ends.get(name, 0.0) for name in step.part.after), default=0.0)
            ends[step.part.name] = begins + step.minutes
        return max(ends.values(), default=0.0)


def parts_of(config: CompareConfig) -> list[Part]:
    """Return the parts of a comparison in the order in which they are made."""
    parts: list[Part] = []
    match = config.match
    for seed in config.seeds:
        dense = Part("dense", spelled(None), seed)
        parts.append(dense)
        for method in config.methods:
            parts += [Part(method, spelled(s), seed, (dense.name,), s) for s in config.grid(method)]
            if match is None or config.strength(method) is None:
                continue
            first = Part(method, MATCH, config.seeds[0]).name
            waits = match.search_seed_only and seed != config.seeds[0]
            parts.append(Part(method, MATCH, seed, (dense.name, first) if waits else (dense.name,)))
    return parts


def chosen_parts(config: CompareConfig, only: Sequence[str]) -> frozenset[str]:
    """Return the names of what was asked for, and of what that waits for.

    Args:
        config: The comparison.
        only: METHOD:STRENGTH:SEED each, `*` for all strengths or seeds; none: everything.

    Raises:
        InputError: One names no part; the message names those of its method.
    """
    parts = {part.name: part for part in parts_of(config)}
    if not only:
        return frozenset(parts)
    chosen: set[str] = set()
    for asked in only:
        wanted = asked.rsplit(":", 2)
        named = [part for part in parts.values() if len(wanted) == 3 and _fits(part, wanted)]
        if not named:
            near = [name for name, part in parts.items() if part.method == wanted[0]] or list(parts)
            raise InputError(
                f"--only {shown(asked)}: expected METHOD:STRENGTH:SEED of {', '.join(near[:8])}"
                f"{', ...' if len(near) > 8 else ''}"
            )
        chosen |= {part.name for part in named}
    while waiting := {name for one in chosen for name in parts[one].after} - chosen:
        chosen |= waiting
    return frozenset(chosen)


def _fits(part: Part, wanted: Sequence[str]) -> bool:
    own = (part.method, part.strength, str(part.seed))
    return all(one in (value, "*") for one, value in zip(wanted, own, strict=True))


def plan(folder: Path, config: CompareConfig, only: Sequence[str] = ()) -> Plan:
    """Return what there is to do in a comparison's folder, which is only read.

    Args:
        folder: The comparison's, which need not be there.
        config: Its configuration.
        only: As of `chosen_parts`.

    Raises:
        InputError: For what `--only` does not name rightly, and for data or a backbone that cannot be
            read where minutes must be estimated from them.
    """
    chosen = chosen_parts(config, only)
    parts = [part for part in parts_of(config) if part.name in chosen]
    dense = dense_jobs(folder, config)
    states = {part: state_of(folder, config, part, dense[part.seed]) for part in parts}
    left = [part for part in parts if states[part][1]]
    seconds, basis = _seconds(folder, config, left, dense[config.seeds[0]])
    steps = (Step(p, *states[p], states[p][1] * seconds.get(p.method, 0.0) / 60) for p in parts)
    return Plan(tuple(steps), basis)


def dense_jobs(folder: Path, config: CompareConfig) -> dict[int, Job]:
    """Return by seed the dense run that its cells share."""
    return {seed: Job(Run(folder / f"dense/seed{seed}"), config.dense(seed)) for seed in config.seeds}


def state_of(
    folder: Path, config: CompareConfig, part: Part, dense: Job
) -> tuple[Literal["done", "begun", "to do"], int]:
    """Return how far a part is, and how many trainings it has left at most.

    One that is begun and has none left lacks nothing but its stopwatch.

    Args:
        folder: The comparison's.
        config: Its configuration.
        part: One of its parts.
        dense: The dense run of the part's seed.
    """
    if part.strength == MATCH:
        return _search_state(folder, config, part, dense)
    place = folder / part.folder
    if not (place / STAGES).is_file():
        return ("begun" if place.is_dir() else "to do"), 1
    job = dense
    if part.method != "dense":
        job = Job(Run(place), config.trial(part.method, part.value, part.seed), base=dense)
    return _ended(job) or ("begun", 1)


def _ended(job: Job) -> tuple[Literal["done", "begun"], int] | None:
    if is_finished(job):
        return "done", 0
    return ("begun", 0) if is_trained(job) else None


def _search_state(
    folder: Path, config: CompareConfig, part: Part, dense: Job
) -> tuple[Literal["done", "begun", "to do"], int]:
    """A search is done once its record names a nearest try that was finished with this configuration.

    Until then it may need every try: which of those that are there it would come by, only it knows.
    """
    match = config.match
    assert match is not None
    search = recorded_search(folder, config, part)
    if search is not None:
        nearest = search["nearest"]["strength"]
        trial = Trial(part.method, nearest, part.seed)
        settings = config.trial(part.method, nearest, part.seed)
        if ended := _ended(Job(Run(folder / trial.name), settings, base=dense)):
            return ended
    grid = {folder / Trial(part.method, s, part.seed).name for s in config.grid(part.method)}
    tried = {path.parent for path in folder.glob(f"{part.folder}/{STAGES}")} - grid
    return ("begun" if tried else "to do"), 1 if len(part.after) > 1 else match.tries


def recorded_search(folder: Path, config: CompareConfig, part: Part) -> dict[str, Any] | None:
    """Return what compare.json says of a search for the same target that ended; None without one.

    Where only the first seed is searched, that search stands for the other seeds.

    Args:
        folder: The comparison's.
        config: Its configuration.
        part: A search.
    """
    if not (folder / COMPARISON).is_file() or config.match is None:
        return None
    wanted = (part.method, int(part.after[-1].rsplit(":", 1)[1]), config.match.target)
    searches: list[dict[str, Any]] = read_json(folder / COMPARISON).get("searches", [])
    ended = (one for one in searches if one["nearest"])
    return next((s for s in ended if (s["method"], s["seed"], s["target"]) == wanted), None)


def _seconds(
    folder: Path, config: CompareConfig, left: Iterable[Part], dense: Job
) -> tuple[dict[str, float], str]:
    """Seconds of a training by method, and what they are estimated from."""
    methods = list(dict.fromkeys(part.method for part in left))
    if not methods:
        return {}, "Nothing is left to do."
    measured = _measured(folder)
    known = {method: measured[method] for method in methods if method in measured}
    if len(known) == len(methods):
        return known, "Minutes: the mean of this folder's finished trainings of the same method."
    tokens = sum(len(window.input_ids) for window in dense.training_windows)
    passes = {
        method: tokens
        * (config.run.section("dense") if method == "dense" else config.section(method)).epochs
        for method in {*methods, *measured} & {"dense", *config.methods}
    }
    finished = [method for method in measured if method in passes]
    if finished:
        rate = sum(measured[m] for m in finished) / sum(passes[m] for m in finished)
        basis = (
            "Minutes: the mean of this folder's finished trainings of the same method; of others"
            f" {1000 * rate:.2g} ms per training token and epoch, as those took."
        )
    else:
        larger = encoder_size(config.run.backbone) / MEASURED_ON
        rate = RATE * larger
        basis = (
            f"Minutes: {1000 * rate:.2g} ms per training token and epoch, {tokens:,} tokens; that is"
            f" {1000 * RATE:g} ms, measured with the packaged encoder on two cores, times {larger:.2g}"
            " for the size of this encoder. A GPU takes a small part of it."
        )
    return {m: known.get(m, passes[m] * rate) for m in methods}, basis


def _measured(folder: Path) -> dict[str, float]:
    """Mean seconds of a training and its evaluation by method, of those that ended in the folder."""
    taken: dict[str, list[float]] = {}
    for path in [*folder.glob(f"dense/*/{STAGES}"), *folder.glob(f"cells/*/*/{STAGES}")]:
        if _LAST in read_stages(path.parent)["stages"]:
            method = path.parents[1].name
            taken.setdefault(method, []).append(seconds_spent(path.parent))
    return {method: sum(values) / len(values) for method, values in taken.items()}


def encoder_size(backbone: str) -> float:
    """Return layers times squared width of an encoder, to which its time per token is proportional."""
    values: dict[str, Any] = read_config(locate(backbone))[1]
    layers = values.get("num_hidden_layers") or values.get("n_layers") or 1
    return float(layers * (values.get("hidden_size") or values.get("dim") or 1) ** 2)
