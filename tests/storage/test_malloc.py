"""Large blocks are mapped one by one where the C library can be told so; nothing happens elsewhere."""

import ctypes
import sys
from types import SimpleNamespace

import pytest

from workbench.storage.malloc import LARGE, M_MMAP_THRESHOLD, map_large_blocks


@pytest.fixture(autouse=True)
def tried_anew():
    map_large_blocks.cache_clear()
    yield
    map_large_blocks.cache_clear()


def test_glibc_is_told_once(monkeypatch) -> None:
    calls = []
    library = SimpleNamespace(mallopt=lambda *options: calls.append(options) or 1)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    assert [map_large_blocks(), map_large_blocks()] == [True, True]
    assert calls == [(M_MMAP_THRESHOLD, LARGE)]


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_other_c_libraries_are_left_as_they_are(monkeypatch, platform: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace())
    assert not map_large_blocks()
