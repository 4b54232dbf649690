"""A comparison: dense models, trials and searches in one folder, resumed where it stopped."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.config.comparison import CompareConfig, dump_comparison, pruner, spelled
from workbench.errors import InputError, WorkbenchError
from workbench.pipeline.compare.plan import MATCH, Part, chosen_parts, parts_of, recorded_search
from workbench.pipeline.compare.record import comparison_record, went_well
from workbench.pipeline.compare.search import Found, bisect
from workbench.pipeline.compare.trials import (
    Trial,
    dev_values,
    seconds_spent,
    without_extras,
    without_stopwatch,
)
from workbench.pipeline.environment import describe_environment
from workbench.pipeline.job import Job, Reporter, this_process
from workbench.pipeline.run import is_finished, is_trained, make_run
from workbench.runs.folder import COMPARISON, Run, refuse_foreign
from workbench.runs.manifest import STAGES
from workbench.storage.atomic import write_json, write_text
from workbench.storage.locks import one_writer

SETTINGS = "compare.yaml"
"""The resolved configuration beside compare.json."""


def refuse_several_processes() -> None:
    """Raise InputError where a launcher has started this command several times."""
    if this_process().num_processes > 1:
        raise InputError("compare runs in one process; start it without torchrun")


@dataclass
class Comparison:
    """A comparison being made in `folder`; every trial is on disk, and in compare.json, once it ends."""

    folder: Path
    config: CompareConfig
    reporters: Callable[[], Reporter]
    """Makes the reporter of one run."""
    tell: Callable[[str], None]
    """Hears, in a line, what begins, was finished already, or failed."""
    write_cards: Callable[[Path], object]
    """Writes the models' cards of the run folder that it is given."""
    only: Sequence[str] = ()
    """METHOD:STRENGTH:SEED each: nothing else is trained but what these wait for; none: everything."""
    chosen: frozenset[str] | None = None
    """Names of the parts that are made, and no others; default: those of `only`."""
    stopwatch: bool = True
    """Whether runs that are made measure time; one that did before keeps that."""
    trials: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By name: what compare.json says of each run."""
    groups: dict[tuple[str, str, float | None], list[str]] = field(default_factory=dict)
    """(method, kind, strength) -> names of the trials that differ in their seed only; kind is dense,
    grid or matched (whose strengths may differ; None)."""
    searches: list[dict[str, Any]] = field(default_factory=list)
    waiting: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    """By method and seed the searches of earlier commands whose turn has not come."""
    environment: dict[str, Any] = field(default_factory=dict)
    nearest: dict[str, float] = field(default_factory=dict)
    """The strength that each method's last search ended with."""
    left_out: bool = False
    """Whether something was neither asked for nor there already."""

    def run(self) -> bool:
        """Make every trial; whether all went well and every search reached its target.

        A trial that fails is recorded and the others go on. Raises InputError when the folder is
        another's, for several processes, and for data or a backbone that cannot be read.
        """
        refuse_several_processes()
        chosen_parts(self.config, self.only)  # Refuses before anything is written.
        refuse_foreign(self.folder, COMPARISON, "comparison")
        with one_writer(self.folder, "compare"):
            return self.make()

    def make(self) -> bool:
        """Do as `run` does, by who holds the folder's lock already."""
        if self.chosen is None:
            self.chosen = chosen_parts(self.config, self.only)
        self.recorded = {
            part.name: recorded_search(self.folder, self.config, part)
            for part in parts_of(self.config)
            if part.strength == MATCH
        }
        self.waiting = {(s["method"], s["seed"]): s for s in self.recorded.values() if s is not None}
        self.environment = describe_environment(self.config.seeds[0])
        # First, since it is what makes the folder a comparison's.
        self._record()
        write_text(self.folder / SETTINGS, dump_comparison(self.config))
        for seed in self.config.seeds:
            base = self._dense(seed)
            if base is None:
                continue
            for method in self.config.methods:
                self._method(method, base)
        return went_well(self._record(finished=not self.left_out), self.folder)

    def _dense(self, seed: int) -> Job | None:
        """The seed's dense run, or None where it failed or is not asked for."""
        config, name = self.config.dense(seed), f"dense/seed{seed}"
        facts = {"method": "dense", "strength": None, "seed": seed}
        job = Job(Run(self.folder / name), config, self.reporters())
        if not self._asked("dense", spelled(None), job):
            return None
        job = self._measured(job)
        error = self._made(name, f"dense, seed {seed}", facts, job)
        if isinstance(error, InputError):
            raise error  # It is wrong for every seed and method.
        if error:
            return None
        self._group("dense", "dense", None, name)
        return job

    def _method(self, method: str, base: Job) -> None:
        seed, match = base.config.seed, self.config.match
        for strength in self.config.grid(method):
            trial = Trial(method, strength, seed)
            if not self._asked(method, spelled(strength), self._job(trial, base)):
                continue
            if self._trial(trial, base) is None:
                self._group(method, "grid", strength, trial.name)
        if match is None or self.config.strength(method) is None:
            return
        if not self._is_chosen(method, MATCH, seed):
            self._recorded_search(method, base)
            return
        if match.search_seed_only and method in self.nearest:
            self._matched(Trial(method, self.nearest[method], seed), base)
        else:
            self._search(method, base)

    def _asked(self, method: str, strength: str, job: Job) -> bool:
        """Whether a training belongs to what is made now: it is asked for, or there already."""
        asked = self._is_chosen(method, strength, job.config.seed)
        asked = asked or ((job.run.folder / STAGES).is_file() and is_trained(job))
        self.left_out |= not asked
        return asked

    def _is_chosen(self, method: str, strength: str, seed: int) -> bool:
        return self.chosen is not None and Part(method, strength, seed).name in self.chosen

    def _measured(self, job: Job) -> Job:
        """The job, without its stopwatch where that is for later."""
        if self.stopwatch or ((job.run.folder / STAGES).is_file() and is_finished(job)):
            return job
        return replace(job, config=without_stopwatch(job.config))

    def _job(self, trial: Trial, base: Job) -> Job:
        config = self.config.trial(trial.method, trial.strength, trial.seed)
        return Job(Run(self.folder / trial.name), config, base=base)

    def _recorded_search(self, method: str, base: Job) -> None:
        """Keep what an earlier command found, where it is still there."""
        found = self.recorded[Part(method, MATCH, base.config.seed).name]
        self.waiting.pop((method, base.config.seed), None)
        trial = Trial(method, found["nearest"]["strength"], base.config.seed) if found else None
        if found is None or trial is None or not is_trained(self._job(trial, base)):
            self.left_out = True
            return
        if found["seed"] == trial.seed:
            self.searches.append(found)
            for one in found["tries"]:
                self._keep(Trial(method, one["strength"], trial.seed), base)
        self.nearest[method] = found["nearest"]["strength"]
        self._matched(trial, base)

    def _keep(self, tried: Trial, base: Job) -> None:
        """Take over what an earlier search tried, where that is still there."""
        whole = self._job(tried, base)
        lean = Job(whole.run, without_extras(whole.config), base=base)
        if is_trained(whole) or is_finished(lean):
            self._trial(tried, base, lean=True)

    def _search(self, method: str, base: Job) -> None:
        """Bisection on the method's strength; the nearest try is the matched trial."""
        match, seed = self.config.match, base.config.seed
        assert match is not None
        own, described = self.config.own_strength(method), self.config.strength(method)
        assert own is not None
        assert described is not None
        quantity = "speedup" if match.kind == "flops" else "loss"

        def measure(strength: float) -> float | None:
            trial = Trial(method, strength, seed)
            error = self._trial(trial, base, lean=True)
            if isinstance(error, InputError):
                raise error  # No other strength would help.
            return None if error else self.trials[trial.name]["dev"][quantity]

        low, high = self.config.range(method)
        try:
            found = bisect(
                measure, low, high, first=own, target=match.target,
                slack=match.slack, tries=match.tries, strength=described,
                is_speedup=match.kind == "flops",
            )  # fmt: skip
        except InputError as error:
            found = Found((), None, False, (str(error),))
        facts = {"method": method, "seed": seed, "quantity": quantity, "target": match.target}
        self.waiting.pop((method, seed), None)
        self.searches.append({**facts, "slack": match.slack, "range": [low, high], **asdict(found)})
        for note in found.notes:
            self.tell(f"{method}, seed {seed}: {note}")
        if found.nearest is not None:
            self.nearest[method] = found.nearest.strength
            self._matched(Trial(method, found.nearest.strength, seed), base)

    def _matched(self, trial: Trial, base: Job) -> None:
        if self._trial(trial, base) is None:
            self._group(trial.method, "matched", None, trial.name)

    def _trial(self, trial: Trial, base: Job, *, lean: bool = False) -> WorkbenchError | None:
        """Make a trial, `lean` without what a search does not need; the error if it failed."""
        run = Run(self.folder / trial.name)
        config = self.config.trial(trial.method, trial.strength, trial.seed)
        light = without_extras(config)
        if lean and (
            is_finished(Job(run, light, base=base)) or not is_trained(Job(run, config, base=base))
        ):
            config = light
        facts = {"method": trial.method, "strength": trial.strength, "seed": trial.seed}
        _ = base.training_windows  # So that all notes about the texts are there.
        job = Job(run, config, self.reporters(), notes=list(base.notes), base=base)
        return self._made(trial.name, trial.title, facts, self._measured(job))

    def _made(self, name: str, title: str, facts: dict[str, Any], job: Job) -> WorkbenchError | None:
        """Make one run and record how it ended; the error if it failed."""
        failure: WorkbenchError | None = None
        folder = self.folder / name
        try:
            done = is_finished(job)
            self.tell(f"{title}: finished already" if done else title)
            if done:
                with one_writer(folder, "compare"):
                    self.write_cards(folder)
            else:
                make_run(job, "compare", lambda job: self.write_cards(job.run.folder))
        except WorkbenchError as error:
            failure = error
            self.tell(f"{title} failed: {error}")
        values = None if failure else dev_values(Run(folder), pruner(facts["method"]))
        self.trials[name] = {
            "name": name, **facts, "error": str(failure) if failure else None, "dev": values,
            "seconds": round(seconds_spent(folder), 2),
        }  # fmt: skip
        self._record()
        return failure

    def _group(self, method: str, kind: str, strength: float | None, name: str) -> None:
        self.groups.setdefault((method, kind, strength), []).append(name)
        self._record()

    def _record(self, *, finished: bool = False) -> dict[str, Any]:
        """Write compare.json as things stand, and return what it says."""
        searches = [*self.searches, *self.waiting.values()]
        record = comparison_record(
            self.config, self.trials.values(), self.groups, searches, self.environment, finished
        )
        write_json(self.folder / COMPARISON, record)
        return record
