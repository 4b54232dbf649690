"""What is said of a machine that does other work."""

import psutil
import pytest

from workbench.cli.busy import warn_if_busy


@pytest.mark.parametrize(("percent", "told"), [(12.4, ""), (12.5, "0.5 of"), (75.0, "3.0 of")])
def test_half_a_processor_of_other_work_is_told(monkeypatch, capsys, percent, told):
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: percent)
    warn_if_busy()
    error = capsys.readouterr().err
    assert (told in error) if told else error == ""
    assert error == "" or "OMP_NUM_THREADS=1" in error


def test_the_commands_that_take_time_look_first(workbench, monkeypatch, tmp_path):
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: 100.0)
    missing = tmp_path / "missing"
    for asked in (["run", missing], ["compare", missing], ["bench", "--run", missing]):
        answer = workbench(*asked)
        assert answer.code == 2
        assert "processors busy" in answer.err
