"""Who carries units out, as a command can be asked for it. No torch here: help comes at once."""

from dataclasses import dataclass, fields

from workbench.errors import InputError
from workbench.pipeline.work.unit import Resources


@dataclass(frozen=True, kw_only=True)
class Workers:
    """Where parts are made, how many at a time, and what each may use."""

    engine: str | None = None
    """Make parts at once: local (processes of this machine), ray or slurm; default: one after another,
    in this process."""
    processes: int | None = None
    """At most so many parts at a time; default: local: one per processor; else all that can begin."""
    address: str = "auto"
    """Ray's cluster: auto (the one of this machine) or HOST:PORT."""
    cpus: int = 1
    """Processors, and threads, of each part."""
    gpus: int = 0
    """GPUs of each part."""
    memory_gb: int | None = None
    """Memory of each part, in GB."""
    minutes: int = 1440
    """Slurm ends and requeues a part after so many minutes; it goes on from its last checkpoint."""
    partition: str | None = None
    """Slurm's partition."""
    local: bool = False
    """Let Slurm's jobs be processes of this machine, to try a command without a cluster."""
    retries: int = 2
    """Times that a part is begun again whose worker died."""

    @property
    def resources(self) -> Resources:
        """What a unit may use that does not measure time."""
        return Resources(self.cpus, self.gpus, self.memory_gb, self.minutes)

    def require_no_others(self, taken: frozenset[str]) -> None:
        """Raise InputError for a value that was chosen, and that the engine does not take.

        Args:
            taken: Names of the fields that it takes.
        """
        for field in fields(self):
            given = getattr(self, field.name) != field.default
            if given and field.name not in {"engine", *taken}:
                flag = f"--{field.name.replace('_', '-')}"
                if self.engine is None:
                    raise InputError(f"{flag} needs --engine: without it parts are made in this process")
                raise InputError(f"{flag}: not an option of --engine {self.engine}; leave it out")
