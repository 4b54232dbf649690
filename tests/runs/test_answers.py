"""A folder of `workbench answer` as somebody else may hand it on."""

from pathlib import Path

import yaml

from workbench.runs.answers import AnswersFolder, holds_answers


def test_opening_a_folder_runs_no_plug_in(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    plugin = tmp_path / "theirs.py"
    plugin.write_text(f"open({str(ran)!r}, 'w').close()\n")
    values = {
        "run": {
            "name": "theirs", "backbone": "packaged", "methods": ["dense"], "plugins": [str(plugin)],
            "data": {"source": "squad", "path": "squad.json"},
        }
    }  # fmt: skip
    (tmp_path / "questions.yaml").write_text(yaml.safe_dump(values))
    assert holds_answers(tmp_path)
    assert AnswersFolder(tmp_path).config.run.name == "theirs"
    assert not ran.exists()
