"""What the system says of this machine's processor."""

from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
_BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16"}
"""Flags of processors that multiply bfloat16 numbers: two of Intel's and AMD's, and ARM's."""


def processor_facts() -> dict[str, str]:
    """Return what Linux says of the first processor, such as `vendor_id`; elsewhere nothing."""
    try:
        lines = CPUINFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    facts: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    return facts


def multiplies_bfloat16() -> bool | None:
    """Return whether the processor multiplies bfloat16 numbers itself; None: nothing says so or not."""
    facts = processor_facts()
    flags = facts.get("flags") or facts.get("Features")
    return None if flags is None else bool(_BFLOAT16 & {*flags.split()})
