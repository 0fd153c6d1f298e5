"""The Chromium of this machine, driven by Playwright: pages as a user sees them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, sync_playwright

PATIENCE = 120_000  # ms; a page of MLflow takes half a minute where the tests share two cores


@contextmanager
def opened(width: int = 1200, height: int = 900, **settings: Any) -> Iterator[Page]:
    """An empty page in a browser of its own. `settings`: of Playwright's `new_page`, such as `color_scheme`."""
    chromium = shutil.which("chromium")  # as the Makefile looks for it
    assert chromium is not None, "chromium: no browser here; make test-system installs it"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            page = browser.new_page(viewport={"width": width, "height": height}, **settings)
            page.set_default_timeout(PATIENCE)
            yield page
        finally:
            browser.close()
