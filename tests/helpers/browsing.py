"""The app in a real browser: a server of its own, Debian's chromium, nothing loaded from elsewhere."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.helpers.app_pages import ROOT

WAIT = 60_000
"""Milliseconds: generous, for a busy machine."""


@contextmanager
def served(root: Path) -> Iterator[str]:
    """`workbench app` over `root` on a free port; yields its address."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "workbench", "app", "--runs", str(root), "--port", str(port)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    # In a group of its own: ending the command ends Streamlit as well.
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        _wait(f"http://localhost:{port}/_stcore/health", process)
        yield f"http://localhost:{port}"
    finally:
        # One that has ended was reaped by `_wait`: its number, and so the group's, may be another's now.
        if process.poll() is None:
            os.killpg(process.pid, 15)
            process.wait(30)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's chromium, or a skipped test with the reason."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def new_page(browser: Browser, width: int = 1280) -> Page:
    """A page whose requests to anywhere but this machine are refused and kept in `page.foreign`."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(WAIT)
    foreign: list[str] = []
    page.foreign = foreign  # type: ignore[attr-defined]

    def decide(route, request) -> None:
        foreign.append(request.url)
        route.abort()

    page.route(re.compile(r"^https?://(?!localhost)"), decide)
    return page


def titles(page: Page) -> list[str]:
    """The pages in the navigation."""
    links = page.get_by_test_id("stSidebarNavLink")
    links.first.wait_for()
    return [link.inner_text().strip() for link in links.all()]


def visit(page: Page, title: str) -> float:
    """Click a page in the navigation; seconds until it stands and nothing runs any more."""
    start = time.perf_counter()
    page.get_by_test_id("stSidebarNavLink").filter(has_text=re.compile(f"^{title}$")).click()
    page.get_by_role("heading", name=title, level=1, exact=True).wait_for()
    settled(page)
    return time.perf_counter() - start


def settled(page: Page) -> None:
    """Wait until the script has run to its end."""
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
    )


def check_no_error(page: Page) -> None:
    """No error box, no stack trace."""
    assert page.get_by_test_id("stAlertContentError").count() == 0
    assert page.get_by_test_id("stException").count() == 0


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"workbench app ended with {process.returncode}")
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("workbench app did not start")
