"""Memory that goes back to the system when it is freed, for processes that run for long."""

import ctypes
import sys
from contextlib import suppress
from functools import cache

M_MMAP_THRESHOLD = -3
"""The name of glibc's setting in malloc.h."""
LARGE = 2**20
"""Bytes from which on a block is mapped by itself."""


@cache
def map_large_blocks() -> bool:
    """Let blocks of 1 MB and more be mapped one by one, for the rest of the process; whether it worked.

    By default glibc keeps freed blocks of up to 32 MB in its heap. Batches whose matrices have a
    different size every time leave holes there that fit none of the next, and the process grows
    without anything being held (docs/performance.md). Other C libraries are left as they are.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            return bool(ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE))
    return False
