"""The README's first screen: the command it is about, and its table. The rest is tested with docs/, in tests/test_docs.py."""

from __future__ import annotations

import re

from tests.typed_commands import PAGES, ROOT, commands

README = PAGES[0].read_text(encoding="utf-8")


def test_the_first_command_is_what_this_project_is_about() -> None:
    assert commands(PAGES[0])[0].words == ("ablation",)
    assert "+experiment=layer_ablation -m" in (ROOT / "Makefile").read_text()


def test_it_is_read_in_minutes() -> None:
    """Detail stands in docs/; about half of these words are tables and commands."""
    assert len(README.split()) < 1200


def test_the_table_is_the_committed_one() -> None:
    """The README shows what docs/results says, to the letter."""
    shown = re.search(r"<!-- result -->\n(.*)<!-- /result -->", README, re.DOTALL)
    assert shown is not None
    table = [line for line in shown[1].splitlines() if line.startswith("|")]
    assert len(table) >= 6, "no table in the README"
    page = (ROOT / "docs" / "results" / "layer_ablation.md").read_text(encoding="utf-8").splitlines()
    assert all(line in page for line in table)
