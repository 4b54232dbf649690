import json
import tracemalloc

import pytest

from workbench.errors import InputError
from workbench.storage.jsonl import json_items, json_lines, json_value


def test_items_of_a_list_one_at_a_time():
    for text in ("[]", " [ ] ", '[1, {"a": [2]}, "x]"]', '\ufeff[1,{"a": [2]}\n ,"x]"\n]\n'):
        expected = json.loads(text.lstrip("\ufeff"))
        assert list(json_items(text.encode(), "f.json")) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1}', "f.json: expected a JSON list"),
        ("[1,\n2", r"f.json:2: broken JSON: Expecting ',' or '\]'"),
        ("[1,\n\n}]", "f.json:3: broken JSON"),
        ("[1 2]", "f.json:1: broken JSON"),
        ("[1] 2", "f.json: something follows"),
        ("[" * 100_000, "f.json:1: broken JSON: nested too deeply"),
        ("[" + "1" * 5000 + "]", "f.json:1: broken JSON: Exceeds the limit"),
    ],
)
def test_a_broken_list_is_named_with_its_line(text, message):
    with pytest.raises(InputError, match=message):
        list(json_items(text.encode(), "f.json"))


def test_a_number_of_thousands_of_digits_is_named():
    with pytest.raises(InputError, match=r"f.jsonl:2: broken JSON: Exceeds the limit"):
        list(json_lines(b'{}\n{"a": ' + b"1" * 5000 + b"}\n", "f.jsonl"))
    with pytest.raises(InputError, match=r"f.json:3: broken JSON: Expecting value"):
        json_value(b"[1,\n2,\n]", "f.json")
    with pytest.raises(InputError, match=r"f.jsonl:2: not UTF-8 \(byte 0xff\)"):
        list(json_lines(b'{"a": "\xc3\xa4"}\n"\xff"\n', "f.jsonl"))


def test_a_long_list_on_one_line_needs_little_more_than_its_text():
    item = json.dumps({"text": "a b c", "marks": list(range(100))})
    content = f"[{','.join([item] * 20_000)}]".encode()
    assert content.count(b"\n") == 0
    tracemalloc.start()
    n = sum(1 for _ in json_items(content, "f.json"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n == 20_000
    assert peak < 1.5 * len(content)
