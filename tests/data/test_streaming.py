"""A file of JSON lines is read one text at a time: memory does not grow with the file."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

MEGABYTES = 64
READING = """
import sys
from itertools import islice
from workbench.data.readers.plain_texts import iter_texts
from workbench.models.stopwatch import resident

texts = iter_texts(sys.argv[1])
words = sum(len(text.words) for text in islice(texts, 1000))
before = resident("VmHWM")
words += sum(len(text.words) for text in texts)
print(words, resident("VmHWM") - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is known on Linux only")
@pytest.mark.parametrize("ending", [".jsonl", ".txt"])
def test_a_file_of_64_mb_takes_no_more_memory_than_its_beginning(tmp_path: Path, ending: str) -> None:
    path, written, number = tmp_path / f"texts{ending}", 0, 0
    with path.open("w", encoding="utf-8") as file:
        while written < MEGABYTES * 1e6:
            # No two texts, and hardly two words, are the same: nothing may be kept of either.
            text = " ".join(f"w{number}x{place}" for place in range(200))
            written += file.write((json.dumps({"text": text}) if ending == ".jsonl" else text) + "\n")
            number += 1
    ended = subprocess.run(
        [sys.executable, "-c", READING, str(path)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    words, grown = ended.stdout.split()
    assert int(words) == 200 * number
    assert float(grown) < 8
