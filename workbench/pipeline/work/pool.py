"""What a process of the engine `local` does: one unit after another, until its parent is gone."""

import json
import os
import signal
import sys
import threading
from pathlib import Path
from queue import Queue

from workbench.pipeline.work.unit import carry_out


def main() -> None:
    """Carry out the units whose folders come as lines of JSON on standard input.

    Ctrl-C is left to the parent, which ends this process; a parent that is killed ends it too, since
    standard input ends then.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folders: Queue[str] = Queue()
    threading.Thread(target=_listen, args=(folders,), daemon=True).start()
    while True:
        carry_out(Path(folders.get()))


def _listen(folders: "Queue[str]") -> None:
    for line in sys.stdin:
        folders.put(json.loads(line))
    os._exit(0)


if __name__ == "__main__":
    main()
