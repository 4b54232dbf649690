"""`workbench compare`: wrong configurations are refused with exit 2 and one line."""

import pytest
import yaml

SOURCE = {"run": {"data": {"source": "rotten-tomatoes"}}}
GRID = {"methods": ["adapler", "top"], "seeds": [0]}


@pytest.fixture
def refused(workbench, tmp_path):
    """`refused(values, *arguments)`: the one line with which a comparison is refused."""

    def run(values, *arguments):
        path = tmp_path / "own.yaml"
        path.write_text(yaml.safe_dump(GRID | values), encoding="utf-8")
        answer = workbench("compare", path, "--out", tmp_path / "out", *arguments)
        assert answer.code == 2
        assert not (tmp_path / "out").exists()
        return answer.error

    return run


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"methods": ["adapler", "bort"]}, "unknown method 'bort' (did you mean"),
        ({"methods": ["dense", "top"]}, "leave out dense: it is always there"),
        ({"methods": ["top", "top"]}, "methods: top is there twice"),
        ({"methods": []}, "methods"),
        ({"seeds": [1, 2, 1]}, "seeds: 1 is there twice"),
        ({"seeds": [-1]}, "seeds.0"),
        ({"strengths": {"top": [0.3, 0.30]}}, "strengths.top: 0.3 is there twice"),
        ({"strengths": {"top": [1.5]}}, "strength 1.5: top.target_sparsity"),
        ({"strengths": {"top": []}}, "strengths.top: is empty"),
        ({"strengths": {"ltp": [0.1]}}, "strengths.ltp: the method is not compared"),
        ({"ranges": {"ltp": [0.1, 1]}}, "ranges.ltp: the method is not compared"),
        ({"ranges": {"adapler": [0.1, 0.01]}}, "ranges.adapler: needs 0 < low < high"),
        ({"ranges": {"adapler": [0, 0.01]}}, "ranges.adapler: needs 0 < low < high"),
        ({"ranges": {"top": [0.1, 1.2]}, "match": {"flops": 2}}, "strength 1.2: top.target_sparsity"),
        ({"strength": {}}, "unknown key strength (did you mean strengths?)"),
        ({"run": {"adapler": {"fi": 1}}}, "unknown key run.adapler.fi (did you mean phi?)"),
        ({"run": {"seed": 3}}, "leave out seed: the comparison's own seeds count"),
        ({"run": {"methods": ["dense"]}}, "leave out methods: the comparison's own methods count"),
        ({"match": {"flop": 2}}, "unknown key match.flop (did you mean flops?)"),
        ({"match": {"flops": 2, "drop": 1}}, "needs either flops or drop"),
        ({"match": {"tries": 3}}, "needs either flops or drop"),
        ({"match": {"flops": 1}}, "match.flops"),
        ({"match": {"flops": 2}, "run": {"adapler": {"phi": 0}}}, "give its search a ranges.adapler"),
    ],
)
def test_a_wrong_configuration_is_refused(refused, values, told):
    assert told in refused(values)


@pytest.mark.parametrize("match", ["2", "speed=2", "flops=fast", "flops=", "drop"])
def test_a_match_that_is_none_is_refused(refused, match):
    assert "expected flops=2.0 or drop=1.0" in refused({}, "--match", match)


def test_the_command_lines_match_takes_the_place_of_the_files(refused):
    # What is left of the file's section is its number of tries: a tolerance has the target's unit.
    match = {"flops": 2.0, "tolerance": 0.1, "tries": 0}
    assert "match.tries" in refused({"match": match}, "--match", "drop=1.0")


def test_overrides_reach_the_shared_run(refused):
    assert "did you mean phi?" in refused({}, "--set", "run.adapler.fhi=1")


def test_another_folder_is_not_written_into(workbench, tmp_path):
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(GRID | SOURCE), encoding="utf-8")
    answer = workbench("compare", tmp_path / "own.yaml", "--out", tmp_path)
    assert answer.code == 2
    assert "neither empty nor a comparison folder" in answer.error
    assert [path.name for path in tmp_path.iterdir()] == ["own.yaml"]
