"""What is read of /proc/cpuinfo."""

import pytest

from workbench.core import processor
from workbench.core.processor import multiplies_bfloat16, processor_facts

TWO = """processor\t: 0
vendor_id\t: AuthenticAMD
model name\t: AMD EPYC: one
flags\t\t: fpu avx512f {flags}

processor\t: 1
vendor_id\t: GenuineIntel
"""


@pytest.fixture
def said(tmp_path, monkeypatch):
    """Let /proc/cpuinfo say a text; None: there is none."""

    def say(text: str | None) -> None:
        if text is not None:
            (tmp_path / "cpuinfo").write_text(text, encoding="utf-8")
        monkeypatch.setattr(processor, "CPUINFO", tmp_path / "cpuinfo")

    return say


def test_the_first_processor_speaks_for_all(said) -> None:
    said(TWO)
    facts = processor_facts()
    assert (facts["vendor_id"], facts["model name"]) == ("AuthenticAMD", "AMD EPYC: one")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TWO.format(flags="avx512_bf16"), True),
        (TWO.format(flags="amx_bf16 amx_tile"), True),
        (TWO.format(flags="avx512_vnni"), False),
        ("processor : 0\nFeatures : fp asimd bf16\n", True),
        ("processor : 0\n", None),
        (None, None),
    ],
)
def test_bfloat16_is_a_flag(said, text, expected) -> None:
    said(text)
    assert multiplies_bfloat16() is expected
