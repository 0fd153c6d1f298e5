"""MLflow's pages on a real study, in a browser: `make ui` serves them, and every axis that was swept is drawn."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.chromium import opened
from tests.sweeping import begin, end

ROOT = Path(__file__).parents[2]
AXES = ("lora.targets=attention,mlp,all", "lora.rank=2,8", "training.learning_rate=1e-3,3e-2")
DRAWN = ["targets", "rank", "log10_lr", "objective"]
TRIALS = 12
SMALL = (
    "model=tiny", "training.epochs=2", "data.kinds=[multi]", "evaluation.questions=1", "evaluation.rung_questions=1",
    "evaluation.max_new_tokens=4", "search.constraints=null",
)  # fmt: skip

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a study over three axes, and what its end said."""
    folder = tmp_path_factory.mktemp("swept")
    code, said = end(begin(folder, *SMALL, *AXES, "-m"))
    assert code == 0, said
    return folder, said


@pytest.fixture(scope="module")
def served(swept: tuple[Path, str]) -> Iterator[str]:
    """The address of the server that `make ui` starts in that folder."""
    folder, _ = swept
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        (folder / name).symlink_to(ROOT / name)
    (folder / ".venv").mkdir()
    (folder / ".venv/bin").symlink_to(Path(sys.executable).parent)
    (folder / ".venv/.installed").touch()
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    with _running(["make", "ui", f"PORT={port}"], folder):
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/health", folder / "ui.log")
        yield address


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[None]:
    """A command and all that it starts, until the block ends."""
    with (folder / "ui.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=60)


def _wait_for(address: str, log: Path, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.5)


@pytest.fixture
def page(served: str, swept: tuple[Path, str]) -> Iterator[Page]:
    """The address that the sweep's end told, opened: charts of the study's trials."""
    told = re.search(r"all axes at: +http://127\.0\.0\.1:5000(\S+)", swept[1])
    assert told is not None, swept[1]
    with opened(1600, 1400) as one:
        one.goto(served + told[1])
        one.locator(".dimension .label").nth(len(DRAWN) - 1).wait_for()
        yield one


def test_what_the_end_of_a_sweep_names_shows_every_axis_of_every_trial_at_once(page: Page, swept: tuple[Path, str]) -> None:
    assert page.locator(".dimension .label").all_text_contents() == DRAWN
    assert page.get_by_text(f"{TRIALS} matching runs").is_visible()
    (study,) = (swept[0] / "multirun").iterdir()
    assert page.get_by_role("button", name=study.name).is_visible(), "the menu of views names the one that is shown"
    first = page.locator(".dimension").first
    assert {"attention", "mlp", "all"} <= set(first.locator(".tick").all_text_contents())
    page.locator(".contourlayer .contour").first.wait_for()
    scattered = page.locator(".scatterlayer .point")
    scattered.nth(TRIALS * len(DRAWN) - 1).wait_for(state="attached")
    assert scattered.count() == TRIALS * len(DRAWN), "of the contour and of each axis against the objective"


def test_the_compare_page_has_every_axis_and_draws_boxes_and_contours(page: Page) -> None:
    page.locator(".ag-header input[type=checkbox]").first.check()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_role("heading", name=f"Comparing {TRIALS} Runs from 1 Experiment").wait_for()
    headings = page.locator(".parcoords .axis-title")
    headings.first.wait_for()
    assert headings.all_text_contents()[-1] == "objective", "the metric that was written first"
    for name in ("targets", "rank"):
        _add(page, name)
        headings.filter(has_text=re.compile(f"^{name}$")).wait_for()
    assert set(DRAWN) <= set(headings.all_text_contents())
    assert {"attention", "mlp", "all"} <= set(page.locator(".parcoords .tick").all_text_contents())

    page.get_by_role("tab", name="Box Plot").click()
    _choose(page, "x-axis-selector", "targets")
    _choose(page, "y-axis-selector", "objective")
    page.locator(".boxlayer .box").nth(2).wait_for(state="attached")
    assert page.locator(".boxlayer .box").count() == 3, "one for each choice of layers"

    page.get_by_role("tab", name="Contour Plot").click()
    _choose(page, "xaxis-selector", "rank")
    _choose(page, "yaxis-selector", "log10_lr")
    _choose(page, "zaxis-selector", "train/loss")
    page.locator(".contourlayer .contour path").first.wait_for(state="attached")
    assert [page.locator(f".{axis}title").text_content() for axis in "xy"] == ["rank", "log10_lr"]


def _add(page: Page, name: str) -> None:
    """One more axis of the parallel coordinates; the list of names is only as long as what it shows."""
    box = page.locator(".du-bois-light-select-selector:visible").first
    size = box.bounding_box()
    assert size is not None
    box.click(
        position={"x": size["width"] - 20, "y": size["height"] / 2}
    )  # beside the names that are chosen, which it would drop
    option = page.locator(f'.du-bois-light-select-item-option[title="{name}"]:visible')
    option.click()
    page.keyboard.press("Escape")


def _choose(page: Page, selector: str, name: str) -> None:
    page.locator(f"#{selector}").click()
    page.get_by_role("option", name=name, exact=True).click()
