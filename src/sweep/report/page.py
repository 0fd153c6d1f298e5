"""The report of a study: one HTML file that needs nothing but itself, and the same tables as Markdown beside it.

Template, style and script lie in `page_parts/`; the Markdown twin is `sweep.report.twin`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sweep.report import browser, contents, outline, twin
from sweep.report.outline import Outline
from sweep.text.script import japanese
from sweep.track import folder

HTML, MARKDOWN = folder.REPORTS
PARTS = Path(__file__).with_name("page_parts")


def write(root: Path) -> Path:
    """Build both files of a study's folder from the folder; the page's path."""
    found = contents.read(root)
    told = outline.of(found)
    folder.write_atomically(root / MARKDOWN, twin.markdown(told))
    folder.write_atomically(root / HTML, html(told, browser.data(found, told.decision)))
    return root / HTML


def html(told: Outline, answers: dict[str, Any]) -> str:
    """The page. `answers`: as `browser.data` gives them."""
    room = Environment(loader=FileSystemLoader(PARTS), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    room.filters["japanese"] = lambda text: japanese([str(text)])
    return room.get_template("page.html.j2").render(page=told, data=browser.escaped(answers))
