"""Where the attacks happen: inputs, finished runs, and what each command leaves when nothing breaks."""

import os
import shlex
import shutil
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.campaigns.harness import Child, Outcome, call_main
from tests.helpers.file_events import record_events
from tests.helpers.tiny_comparisons import write_comparison_settings
from tests.helpers.tiny_runs import SAMPLE, write_settings
from workbench.data import fetch


@dataclass(frozen=True)
class Command:
    """A command line; it stands in the folder `work`."""

    name: str
    arguments: tuple[str, ...]
    """{base} is the folder of inputs."""
    copies: tuple[str, ...] = ()
    """Folders of inputs that it writes into, so that each attempt gets its own."""
    kills: int = 4
    """Of 100 kills so many are its."""


COMMANDS = [
    Command("run", ("run", "{base}/tiny.yaml", "--out", "run"), kills=12),
    Command("compare", ("compare", "{base}/compare.yaml", "--out", "compared"), kills=6),
    Command("reproduce", ("reproduce", "{base}/ref", "--out", "again"), kills=5),
    Command("evaluate", ("evaluate", "--run", "ref"), ("ref",), 7),
    Command("attribute", ("attribute", "--run", "{base}/ref", "--texts", "{base}/t.txt",
                          "--scorers", "saliency,cp", "--out", "scored"), kills=15),
    Command("bench", ("bench", "--run", "{base}/ref", "--limit", "6", "--batch", "1,4", "--rounds", "2",
                      "--out", "timed"), kills=6),
    Command("report", ("report", "--run", "ref"), ("ref",), 6),
    Command("tables", ("tables", "{base}/ref", "--out", "T"), kills=7),
    Command("export", ("export", "--run", "{base}/ref", "--method", "adapler", "--to", "E"), kills=10),
    Command("export-predictions", ("export-predictions", "--run", "{base}/ref", "--scorer", "cp",
                                   "--out", "p.jsonl"), kills=7),
    Command("explain", ("explain", "A fine film .", "--run", "{base}/ref", "--html", "e.html",
                        "--json", "e.json"), kills=7),
    Command("data plant", ("data", "plant", "{base}/t.csv", "--out", "planted"), kills=8),
    Command("data convert", ("data", "convert", "{base}/t.csv", "--to", "jsonl", "--out", "converted"),
            kills=4),
    Command("data fetch", ("data", "fetch", "tiny", "--address", "file://{base}/tiny.tar.gz"), kills=4),
]  # fmt: skip


@dataclass
class Unbroken:
    """What a command leaves when nothing breaks."""

    folder: Path
    seconds: float
    events: list[str]
    """Its writing file operations, in order."""


@dataclass
class Stage:
    """A folder with inputs (`base`), the place of all attempts (`work`) and what should come out."""

    root: Path
    unbroken: dict[str, Unbroken] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=lambda: COMMANDS)
    """Those that are killed."""
    pictures: bool = False
    """Whether figures are really drawn."""

    def __post_init__(self) -> None:
        self.base, self.work, self.log = (self.root / name for name in ("base", "work", "log"))
        self.work.mkdir(parents=True)
        self.base.mkdir()
        os.environ["WORKBENCH_HOME"] = str(self.work / "home")
        self.expect(Child(self._inputs, self.root, self.log).wait())
        self.expect(self.call(["run", str(self.base / "tiny.yaml"), "--out", "run"]))
        shutil.move(self.work / "run", self.base / "ref")
        _fetchable(self.base / "tiny.tar.gz")

    def _inputs(self) -> None:
        write_settings(self.base)
        compare = self.base / "compared"
        write_comparison_settings(compare, seeds=[0], strengths={"adapler": [0.5]})
        shutil.move(compare / "compare.yaml", self.base / "compare.yaml")
        texts = [path.read_text(encoding="utf-8") for path in sorted((SAMPLE / "docs").glob("*.txt"))]
        sentences = [" ".join(line.split()[:12]) for text in texts for line in text.splitlines()]
        sentences = [line for line in sentences if line][:160]
        (self.base / "t.txt").write_text("\n".join(sentences) + "\n", encoding="utf-8")
        rows = [f'"{line.replace(chr(34), "")}",{"ab"[n % 2]}' for n, line in enumerate(sentences)]
        (self.base / "t.csv").write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
        with tarfile.open(self.base / "tiny.tar.gz", "w:gz") as archive:
            archive.add(SAMPLE, "sample")

    @staticmethod
    def expect(outcome: Outcome) -> Outcome:
        """Stop the campaign where what nobody attacked fails."""
        if outcome.code != 0:
            raise RuntimeError(f"an unbroken command failed: {outcome.code}\n{outcome.out}{outcome.err}")
        return outcome

    def fresh(self, copies: Sequence[str] = ()) -> None:
        """Empty `work`, and put copies of inputs there."""
        for path in self.work.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for name in copies:
            shutil.copytree(self.base / name, self.work / name)

    def arguments(self, command: Command) -> list[str]:
        """Return its command line, filled in."""
        return [part.replace("{base}", str(self.base)) for part in command.arguments]

    def start(self, arguments: Sequence[str], first: Callable[[], None] = lambda: None) -> Child:
        """Begin a command in `work`.

        Args:
            arguments: Its command line.
            first: What its process does before it.
        """

        def be() -> None:
            first()
            call_main(arguments)

        return Child(be, self.work, self.log, self.pictures)

    def call(self, arguments: Sequence[str]) -> Outcome:
        """Run a command in `work` to its end."""
        return self.start(arguments).wait()

    def truth(self, command: Command) -> Unbroken:
        """Return what the command leaves; runs it, unbroken, when first asked."""
        if command.name not in self.unbroken:
            self.fresh(command.copies)
            written = self.root / "events.txt"
            arguments = self.arguments(command)
            child = self.start(arguments, lambda: record_events(self.work, written))
            outcome = self.expect(child.wait())
            folder = self.root / "truth" / command.name.replace(" ", "-")
            shutil.copytree(self.work, folder)
            events = written.read_text(encoding="utf-8").splitlines()
            self.unbroken[command.name] = Unbroken(folder, outcome.seconds, events)
        return self.unbroken[command.name]

    def shown(self, command: Command) -> str:
        """Return the command line as one would type it."""
        return shlex.join(["workbench", *command.arguments])


def _fetchable(archive: Path) -> None:
    """Let `data fetch` know the sample, as archive, beside its own corpora."""
    import hashlib

    from workbench.storage.archives import open_tree

    tree = open_tree(archive).rooted_at("train.jsonl")
    files = {
        name: hashlib.sha256(tree.read(name)).hexdigest()
        for name in ("train.jsonl", "val.jsonl", "test.jsonl")
    }
    number, digest = fetch.documents_digest(tree)
    tiny = fetch.Manifest(
        name="tiny", description="the sample", address="http://localhost/none", archive="tiny.tar.gz",
        files=files, documents={"count": number, "sha256": digest}, licence="", citation=(),
        max_bytes=10**8,
    )  # fmt: skip
    fetch.load_manifests = lambda: {"tiny": tiny}
