"""How many attacks of each kind each command survived, and how to repeat those that it did not."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from tests.campaigns.harness import Case, Skipped


@dataclass
class Counts:
    """Counts by kind and command."""

    seed: int
    more: str = ""
    """What else was said on the command line and decides what is drawn."""
    counts: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    failures: list[dict[str, str]] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)

    def note(self, kind: str, case: Case) -> str:
        """Do the attack and count it; what came of it, in words."""
        try:
            reason = case.attack()
        except Skipped as why:
            self.skipped[kind] = str(why)
            return f"skipped: {why}"
        row = self.counts.setdefault(kind, {}).setdefault(case.command, {"tried": 0, "survived": 0})
        row["tried"] += 1
        row["survived"] += not reason
        if reason:
            again = (
                f"python -m tests.campaigns {kind} --seed {self.seed}{self.more} --only '{case.name}'"
            )
            failure = {"kind": kind, "case": case.name, "reason": reason, "line": case.line}
            self.failures.append(failure | {"again": again})
        return f"NOT SURVIVED: {reason}" if reason else "survived"

    def write(self, path: Path) -> None:
        """Keep the counts as JSON, in the place of what the file says of the same kinds."""
        old = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        done = {*self.counts, *self.skipped}
        value = {
            "seed": self.seed,
            "counts": {k: c for k, c in old.get("counts", {}).items() if k not in done} | self.counts,
            "failures": [f for f in old.get("failures", []) if f["kind"] not in done] + self.failures,
            "skipped": {k: w for k, w in old.get("skipped", {}).items() if k not in done} | self.skipped,
        }
        path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")

    def summary(self) -> str:
        """Return a line per kind and command, and every failure with its reproduction."""
        lines = [
            f"{kind}: {command}: {row['survived']} of {row['tried']}"
            for kind, commands in self.counts.items()
            for command, row in commands.items()
        ]
        lines += [f"{kind}: skipped: {why}" for kind, why in self.skipped.items()]
        for failure in self.failures:
            lines += ["", *(f"{key}: {value}" for key, value in failure.items())]
        return "\n".join(lines)
