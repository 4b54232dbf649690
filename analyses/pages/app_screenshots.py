"""Pictures of the app for the README: `make screenshots`. Each page that is there, in Debian's chromium.

A picture is made small (a palette of colours, less than 200 KB), so that it can stand in the repository.
"""

import argparse
import io
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from analyses.lib.study import run_script

PICTURES = {"Token flow": "app-token-flow", "Rationale agreement": "app-agreement"}
LIMIT = 200_000


OPTIONS = {
    "--runs": {"default": "runs", "help": "the folder of runs"},
    "--run": {"default": "demo", "help": "the run to show"},
    "--out": {"type": Path, "default": Path("docs/images")},
    "--width": {"type": int, "default": 1280},
    "--theme": {"choices": ["light", "dark"], "default": "light"},
}


def main(options: argparse.Namespace) -> None:
    """Start the app, look at each page of `PICTURES`, save it under --out, end the app."""
    browser = shutil.which("chromium")
    if browser is None:
        sys.exit("chromium is needed: apt-get install chromium")
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = str(probe.getsockname()[1])
    command = [sys.executable, "-m", "workbench", "app", "--runs", options.runs, "--port", port]
    app = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait(f"http://localhost:{port}/_stcore/health")
        with sync_playwright() as playwright:
            window = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            size = {"width": options.width, "height": 900}
            page = window.new_page(viewport=size, color_scheme=options.theme)
            page.set_default_timeout(120_000)
            page.goto(f"http://localhost:{port}/?runs={options.run}")
            _settle(page)
            for title, name in PICTURES.items():
                link = page.get_by_test_id("stSidebarNavLink").filter(has_text=title)
                if link.count() == 0:
                    print(f"{title}: no such page")
                    continue
                link.click()
                page.get_by_role("heading", name=title, level=1, exact=True).wait_for()
                _settle(page)
                # The page itself is as high as the window: a higher window shows all of it.
                height = page.get_by_test_id("stMainBlockContainer").bounding_box()["height"]
                page.set_viewport_size({**size, "height": min(2000, int(height) + 20)})
                _settle(page)
                print(_save(page.screenshot(), options.out / f"{name}.png"))
                page.set_viewport_size(size)
            window.close()
    finally:
        app.terminate()
        app.wait()


def _settle(page: Page) -> None:
    """Wait until the script and the figures have been drawn."""
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
    )
    page.wait_for_timeout(3000)


def _save(png: bytes, path: Path) -> str:
    """Write with as many colours as keep it under `LIMIT`; what was written, in words."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (256, 128, 64, 32):
        picture.quantize(colours).save(path, optimize=True)
        if path.stat().st_size < LIMIT:
            break
    return f"{path}: {path.stat().st_size:,} bytes"


def _wait(address: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    sys.exit("the app did not start")


if __name__ == "__main__":
    run_script(main, __doc__, OPTIONS)
