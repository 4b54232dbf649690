"""Files of a finished run, damaged one at a time, and every command that reads them."""

import random
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.campaigns.command_lines import known_commands
from tests.campaigns.equality import differences
from tests.campaigns.harness import Case, Child, Outcome
from tests.campaigns.stage import Stage

READ = ("config.yaml", "stages.json", "environment.json", "about.json", "predictions.parquet",
        "metrics/*.parquet", "scores/*.parquet", "models/*/*.safetensors", "models/*/config.json",
        "models/*/tokenizer.json", "targets/*", "checkpoints/*/*")  # fmt: skip
"""What commands read of a run."""
COMMANDS: dict[str, list[str]] = {
    "run": ["run", "{base}/tiny.yaml", "--out", "ref"],
    "report": ["report", "--run", "ref"],
    "tables": ["tables", "ref", "--out", "out"],
    "explain": ["explain", "A fine film .", "--run", "ref", "--json", "out.json"],
    "evaluate": ["evaluate", "--run", "ref"],
    "export": ["export", "--run", "ref", "--method", "adapler", "--to", "out"],
    "export-predictions": ["export-predictions", "--run", "ref", "--scorer", "cp", "--out", "out.jsonl"],
    "check": ["check", "ref"],
    "app": [],
}
MAKES_AGAIN = {"run", "evaluate"}
"""Commands that may leave a whole file where a damaged one was."""
Damage = Callable[[Path, random.Random], None]


def _flip(path: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def _cut(path: Path, rng: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * rng.random())])


def _as_folder(path: Path, _: random.Random) -> None:
    path.unlink()
    path.mkdir()


def _content(content: bytes) -> Damage:
    return lambda path, rng: path.write_bytes(content) and None


DAMAGES: dict[str, Damage] = {
    "one flipped bit": _flip,
    "another flipped bit": _flip,
    "a third flipped bit": _flip,
    "cut": _cut,
    "empty": _content(b""),
    "{}": _content(b"{}"),
    "null": _content(b"null"),
    "garbage": lambda path, rng: path.write_bytes(rng.randbytes(200)) and None,
    "removed": lambda path, rng: path.unlink(),
    "a folder": _as_folder,
}


def damaged_files(stage: Stage, total: int, rng: random.Random) -> Iterator[Case]:
    """Draw kinds of file, damages and commands so that each comes up as often as the others."""
    files = [
        sorted(p.relative_to(stage.base / "ref").as_posix() for p in (stage.base / "ref").glob(pattern))
        for pattern in READ
    ]
    files = [found for found in files if found]
    every = [(k, d, c) for k in range(len(files)) for d in DAMAGES for c in _commands()]
    rng.shuffle(every)
    for kind, damage, command in every[:total]:
        name, seed = rng.choice(files[kind]), rng.random()
        yield Case(
            f"{damage}/{name}/{command}",
            command,
            lambda n=name, d=damage, c=command, s=seed: _Attempt(stage, n, d, c, s).judge(),
            f"{shlex.join(['workbench', *COMMANDS[command]])}   # {name}: {damage}",
        )


def _commands() -> list[str]:
    return [name for name in COMMANDS if name == "app" or name in known_commands()]


@dataclass
class _Attempt:
    stage: Stage
    name: str
    damage: str
    command: str
    seed: float

    def judge(self) -> str:
        """Damage the file and give the command; why the answer is not right, or nothing."""
        # Before the folder is made anew for the attempt.
        truth = self._truth()
        self.stage.fresh(["ref"])
        file = self.stage.work / "ref" / self.name
        DAMAGES[self.damage](file, random.Random(self.seed))
        before = _content_of(file)
        outcome = self._call()
        if outcome.code != 0:
            return self._refusal(outcome)
        if self.command == "check":
            return "called sound"
        if self.command == "app" and self._named(outcome.out):
            return ""
        if self.command == "report" and f"{file.name} is not there" in _said(self.stage.work / "ref"):
            return ""
        found = differences(truth, self.stage.work)
        if self.command == "app" and outcome.out != (truth.parent / "app.txt").read_text("utf-8"):
            found.append("the app shows something else")
        if self.command not in MAKES_AGAIN and _content_of(file) == before:
            found = [line for line in found if not line.startswith(f"ref/{self.name}")]
        if self.command == "evaluate" and found and self._named(outcome.out + outcome.err):
            return ""
        return "in silence: " + "; ".join(found[:3]) if found else ""

    def _refusal(self, outcome: Outcome) -> str:
        if self.command == "check" and outcome.code == 1 and len(outcome.err.splitlines()) == 1:
            return "" if self._named(outcome.err) else f"does not name it: {outcome.last}"
        if fault := outcome.fault():
            return fault
        return "" if self._named(outcome.errors[0]) else f"does not name it: {outcome.errors[0][:300]}"

    def _named(self, text: str) -> bool:
        """Whether it names the file, or the folder of a model that lacks one."""
        parts = self.name.split("/")
        place = [parts[-1], parts[-1].split(".")[0]] + ([parts[1]] if parts[0] == "models" else [])
        return any(re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text) for part in place)

    def _call(self) -> Outcome:
        if self.command == "app":
            return Child(lambda: _read_as_app(self.stage.work), self.stage.work, self.stage.log).wait()
        arguments = [part.replace("{base}", str(self.stage.base)) for part in COMMANDS[self.command]]
        return self.stage.call(arguments)

    def _truth(self) -> Path:
        """What the command leaves of a run without damage."""
        folder = self.stage.root / "undamaged" / self.command
        if not folder.is_dir():
            self.stage.fresh(["ref"])
            outcome = self.stage.expect(self._call())
            shutil.copytree(self.stage.work, folder)
            if self.command == "app":
                (folder.parent / "app.txt").write_text(outcome.out, encoding="utf-8")
        return folder


def _said(run: Path) -> str:
    return (run / "report.md").read_text(encoding="utf-8")


def _content_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _read_as_app(root: Path) -> None:
    """Print everything that the app's pages read of a run."""
    import pandas as pd

    from app.data.run_list import entry
    from workbench.cli.terminal import say
    from workbench.runs.folder import load_run
    from workbench.runs.tables import read_run_data

    pd.set_option("display.max_rows", None, "display.max_columns", None, "display.precision", 17)
    say(entry(root, "ref"))
    try:
        data = read_run_data(root / "ref")
        say(data.config, data.about, data.environment, data.predictions, *data.metrics.values())
        for scorer in load_run(root / "ref").scorers:
            say(load_run(root / "ref").scores(scorer).drop(columns="seconds"))
    except Exception as error:
        from workbench.errors import WorkbenchError

        if not isinstance(error, WorkbenchError):
            raise
        say(error)
