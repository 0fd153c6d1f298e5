"""The page in a browser: filters, choices, themes, paper; what is shown is counted again from predictions.jsonl."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.chromium import opened

Rows = dict[str, dict[str, Any]]  # by qid

RIGHT = "CORRECT"
A, B = "0003 targets=全部 rank=16", "0000 targets=多層 rank=4"
NAMES = {"mlp": "多層", "all": "全部"}

pytestmark = pytest.mark.system

LOW = """() => {
  const parts = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const colour = (node) => getComputedStyle(node)[node.closest("svg") ? "fill" : "color"];
  const behind = (node) => {
    const found = getComputedStyle(node).backgroundColor;
    return parts(found)[3] === 0 ? behind(node.parentElement) : found;
  };
  const contrast = (node) => {
    const [dark, bright] = [light(parts(colour(node))), light(parts(behind(node)))].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const low = [];
  while (texts.nextNode()) {
    const [text, node] = [texts.currentNode.data.trim(), texts.currentNode.parentElement];
    const seen = text && node.getClientRects().length && !["SCRIPT", "OPTION", "title"].includes(node.tagName);
    if (seen && contrast(node) < 4.5) low.push(`${text}: ${contrast(node).toFixed(2)}`);
  }
  return low;
}"""  # words whose colour is too near to what lies behind them: contrast below 4.5, WCAG 2.2, 1.4.3
CUT = """() => [...document.querySelectorAll("figure svg[role=img] text")].filter((text) => {
  const [box, room] = [text.getBBox(), text.ownerSVGElement.viewBox.baseVal];
  return box.x < 0 || box.y < 0 || box.x + box.width > room.width || box.y + box.height > room.height;
}).map((text) => text.textContent)"""  # words of plots that stick out


@pytest.fixture
def built(sample: Path) -> Path:
    """The sample's page, by the command. Its layers have Japanese names, and every second question of L2 belongs to test."""
    for file in sample.glob("**/predictions.jsonl"):
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        for row in rows:
            number = int(re.findall(r"\d+", row["qid"])[0]) if row["level"] == 2 else 0
            row["split"] = "test" if number % 2 else row["split"]
        file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    for file in sample.glob("000[0-3]/result.json"):
        body = json.loads(file.read_text(encoding="utf-8"))
        body["params"]["lora.targets"] = NAMES[body["params"]["lora.targets"]]
        file.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
    command = [sys.executable, "-m", "sweep.report", sample.name, "--output-dir", str(sample.parent)]
    subprocess.run(command, cwd=sample.parent, check=True, capture_output=True, timeout=120)
    return sample / "report.html"


@pytest.fixture
def page(built: Path) -> Iterator[Page]:
    """The page without a network; afterwards it has asked for nothing but itself, and complained of nothing."""
    with opened() as one:
        asked, said = _watched(one)
        one.context.set_offline(True)
        one.goto(built.as_uri())
        yield one
        assert asked == [built.as_uri()]
        assert said == []


def _watched(page: Page) -> tuple[list[str], list[str]]:
    """Every address that is asked for, and every complaint, as they come."""
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return asked, said


def answered(built: Path, number: str) -> Rows:
    """What a trial's folder says it answered."""
    lines = (built.parent / number / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["qid"]: row for row in map(json.loads, lines)}


def shown(page: Page) -> list[str]:
    """The qids in the table, which must be as many as the page says."""
    found = page.locator("#answers tbody tr").evaluate_all("rows => rows.map((row) => row.dataset.qid)")
    assert page.locator("#shown").get_attribute("data-shown") == str(len(found))
    assert (page.locator("#shown").text_content() or "").startswith(f"{len(found)} of ")
    return list(found)


def choose(page: Page) -> None:
    page.locator("#a").select_option(label=A)
    page.locator("#b").select_option(label=B)


# ---- questions and answers ----------------------------------------------------------------------------------------------


def test_two_trials_are_chosen_and_their_answers_stand_side_by_side(page: Page, built: Path) -> None:
    choose(page)
    first, second = answered(built, "0003"), answered(built, "0000")
    assert sorted(shown(page)) == sorted(first)
    assert page.locator("#head-a").text_content() == f"A: {A}"
    assert page.locator("#head-b").text_content() == f"B: {B}"
    for qid, row in first.items():
        cells = page.locator(f'#answers tr[data-qid="{qid}"] td')
        assert cells.nth(1).locator(".asked").text_content() == row["prompt"]
        for at, said in ((3, row), (4, second[qid])):
            assert cells.nth(at).locator(".said").text_content() == said["answer"]
            assert cells.nth(at).get_attribute("data-grade") == said["grade"]


def test_every_filter_shows_as_many_rows_as_the_folders_have(page: Page, built: Path) -> None:
    choose(page)
    first, second = answered(built, "0003"), answered(built, "0000")

    def expect(keep: Callable[..., bool]) -> list[str]:
        return sorted(qid for qid, row in first.items() if keep(row, second[qid]))

    def says(row: dict[str, Any], text: str) -> bool:
        return any(text in row[name].lower() for name in ("prompt", "gold", "answer"))

    def flipped(a: dict[str, Any], b: dict[str, Any]) -> bool:
        return (a["grade"] == RIGHT) != (b["grade"] == RIGHT)

    for level, number in (("L1", 1), ("L2", 2), ("L4", 4), ("kept", 0)):
        page.locator("#level").select_option(level)
        expected = expect(lambda a, b, number=number: a["level"] == number)
        assert sorted(shown(page)) == expected != []
    page.locator("#level").select_option("L2")
    page.locator("#split").select_option("test")
    expected = expect(lambda a, b: a["level"] == 2 and a["split"] == "test")
    assert 0 < len(expected) < 21
    assert sorted(shown(page)) == expected
    page.locator("#flipped").check()
    assert sorted(shown(page)) == expect(lambda a, b: a["level"] == 2 and a["split"] == "test" and flipped(a, b))
    for name in ("level", "split"):
        page.locator(f"#{name}").select_option("")
    assert sorted(shown(page)) == expect(flipped) != []
    assert page.locator('#answers tr[data-flipped="true"]').count() == len(shown(page))
    page.locator("#flipped").uncheck()
    for grade in ("CORRECT", "PARTIAL", "INCORRECT", "NOT_ATTEMPTED"):
        page.locator("#grade").select_option(grade)
        assert sorted(shown(page)) == expect(lambda a, b, grade=grade: grade in (a["grade"], b["grade"]))
    page.locator("#grade").select_option("")
    for text in ("quigley", "札幌", "nobody is called so"):
        page.locator("#contains").fill(text)
        assert sorted(shown(page)) == expect(lambda a, b, text=text: says(a, text) or says(b, text))
    page.locator("#contains").fill("")
    assert sorted(shown(page)) == sorted(first)


def test_key_facts_are_marked_as_held_or_missed(page: Page, built: Path) -> None:
    choose(page)
    for at, number in ((3, "0003"), (4, "0000")):
        rows, right, wrong = answered(built, number), 0, 0
        for qid, row in rows.items():
            chips = page.locator(f'#answers tr[data-qid="{qid}"] td').nth(at).locator(".chip[data-hit]")
            for held, text in zip(
                chips.evaluate_all("all => all.map((chip) => chip.dataset.hit)"), chips.all_text_contents(), strict=True
            ):
                assert (held == "true") == (text[2:].lower() in row["answer"].lower()), (qid, text)
                right, wrong = right + (held == "true"), wrong + (held == "false")
                assert text[0] == ("✓" if held == "true" else "✗")
            assert chips.count() > 0, qid
        assert right
        assert wrong


def test_a_side_that_was_asked_less_shows_a_dash_and_the_rest_stays(page: Page, built: Path) -> None:
    page.locator("#a").select_option(label="base")
    page.locator("#b").select_option(label="gold")
    assert sorted(shown(page)) == sorted(answered(built, "arms/base")), "retention is not asked of arms"
    page.locator("#b").select_option(label=B)
    page.locator("#level").select_option("kept")
    assert len(shown(page)) == 4
    assert page.locator("#answers tbody td:nth-child(4)").all_text_contents() == ["–"] * 4


# ---- sections, plots, themes, paper -------------------------------------------------------------------------------------


def test_sections_are_seen_and_figures_of_the_table_are_those_of_the_folders(page: Page, built: Path) -> None:
    for name in ("decision", "levels", "plots", "cost", "forgotten", "test-reads", "questions", "trials"):
        assert page.locator(f"section#{name} h2").is_visible()
    rows = [row for row in answered(built, "0003").values() if row["level"] == 1]
    cell = page.locator('#levels-table tr[data-arm="targets=全部 rank=16"] td[data-level="L1"]')
    assert float(cell.get_attribute("data-value") or "nan") == pytest.approx(sum(row["strict"] for row in rows) / len(rows))
    verdicts = page.locator("#levels-contrasts tr[data-verdict]")
    assert verdicts.count() == 18
    assert page.locator('#levels-contrasts tr[data-verdict="better"] .verdict').first.is_visible()
    trials = page.locator("#trials-table tbody tr")
    assert not trials.first.is_visible()
    page.get_by_text("5 trials").click()
    assert trials.count() == 5
    assert trials.first.is_visible()


def test_plots_are_drawn_whole_and_japanese_has_its_glyphs(page: Page) -> None:
    assert page.locator("figure svg[role=img]").count() == 4
    assert page.evaluate(CUT) == []
    session = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        session.send(f"{domain}.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    japanese = subprocess.run(["fc-list", ":lang=ja", "family"], check=True, capture_output=True, text=True).stdout
    for text in ("#plot-heat text[lang=ja]", "#plot-ladder .legend span[lang=ja]", "#question span[lang=ja]"):
        node = session.send("DOM.querySelector", {"nodeId": root, "selector": text})["nodeId"]
        fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        assert any(font["familyName"] in japanese for font in fonts), fonts


@pytest.mark.parametrize("width", [1200, 390])
def test_the_page_is_no_wider_than_its_window(built: Path, width: int) -> None:
    with opened(width) as page:
        page.goto(built.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("system", ["light", "dark"])
def test_themes_follow_the_system_until_one_is_chosen(built: Path, system: Any) -> None:
    pages = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 28)"}
    with opened(color_scheme=system) as page:
        page.goto(built.as_uri())
        for theme in (system, "light", "dark", system):  # the button goes round
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == pages[theme]
            assert page.evaluate(LOW) == []
            page.locator("#theme").click()


def test_paper_is_light_and_keeps_every_table(built: Path) -> None:
    with opened(color_scheme="dark") as page:
        page.goto(built.as_uri())
        before = shown(page)
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not page.locator("#filters").is_visible()
        assert shown(page) == before
        for name in (
            "settings",
            "ways",
            "options",
            "levels-table",
            "levels-contrasts",
            "cost-table",
            "forgotten-table",
            "answers",
        ):
            assert page.locator(f"#{name} tbody tr").last.is_visible(), name
        page.emulate_media(media="screen")
        assert not page.locator("#trials-table").is_visible()
        assert page.pdf(format="A4").startswith(b"%PDF")
        assert page.locator("#trials-table tbody tr").last.is_visible(), "what is folded on the screen is unfolded on paper"
