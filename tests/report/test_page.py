"""The page and its Markdown twin, taken apart: sections, rows, words, data, and that nothing in it reaches outside."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from tests.report.studies import Written, questions

from sweep.report import page, paired
from sweep.report.__main__ import main

SECTIONS = ("decision", "levels", "plots", "cost", "forgotten", "test-reads", "questions", "trials")
VOID = {"meta", "input", "br", "path"}


class Parsed(HTMLParser):
    """Elements by id with the text below them, table rows by table, and every element's attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.rows: dict[str, list[dict[str, str]]] = {}
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[tuple[str, str]] = []
        self.feed(text)
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found))
        if tag not in VOID:
            self.open.append((tag, found.get("id", "")))
        if tag == "tr":
            table = next(name for kind, name in reversed(self.open) if kind == "table")
            self.rows.setdefault(table, []).append(found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop()[0] == tag, f"{tag} ends out of turn"

    def handle_data(self, data: str) -> None:
        for _, name in self.open:
            if name:
                self.texts[name] = self.texts.get(name, "") + data

    @property
    def data(self) -> dict[str, Any]:
        """What the script reads."""
        found: dict[str, Any] = json.loads(self.texts["data"])
        return found


def html(root: Path) -> str:
    return page.write(root).read_text(encoding="utf-8")


@pytest.fixture
def parsed(sample: Path) -> Parsed:
    return Parsed(html(sample))


def test_every_part_stands_on_the_page_in_its_order(parsed: Parsed) -> None:
    sections = [found["id"] for tag, found in parsed.elements if tag == "section"]
    assert tuple(sections) == SECTIONS
    assert parsed.texts["question"] == "Which linear layers must carry the adapter? どの層か <b>"
    figures = [found["id"] for tag, found in parsed.elements if tag == "figure"]
    assert figures == ["plot-ladder", "plot-losses", "plot-epochs", "plot-heat"]
    ids = [found["id"] for _, found in parsed.elements if "id" in found]
    assert len(ids) == len(set(ids))


def test_tables_have_a_row_for_everybody(parsed: Parsed) -> None:
    arms = [row["data-arm"] for row in parsed.rows["levels-table"][1:]]
    assert arms[:4] == ["base", "bm25_qa", "gold", "lora_bm25_qa"]
    assert len(arms) == len(parsed.rows["cost-table"]) - 1 == 8
    assert len(parsed.rows["trials-table"]) - 1 == 5, "the failed one too"
    contrasts = parsed.rows["levels-contrasts"][1:]
    assert len(contrasts) == 6 * 3
    words = {paired.BETTER, paired.WORSE, paired.NONE, paired.DESCRIPTIVE}
    assert {row["data-verdict"] for row in contrasts} <= words
    assert {row["data-verdict"] for row in contrasts if row["data-level"] == "L4"} == {paired.DESCRIPTIVE}
    assert paired.BETTER in {row["data-verdict"] for row in contrasts if row["data-level"] == "L2"}
    cells = [found for tag, found in parsed.elements if tag == "td" and "data-value" in found]
    assert len(cells) == 8 * 3 + 4, "arms are asked no retention items"
    assert all(0 <= float(cell["data-value"]) <= 1 for cell in cells)


def test_what_is_recommended_and_what_comes_next_is_said(parsed: Parsed) -> None:
    assert "Use LoRA without retrieval." in parsed.texts["decision"]
    assert "lora.targets" in parsed.texts["settings"]
    assert "python -m sweep" in parsed.texts["decision"]
    assert "seeds" in parsed.texts["size"]
    assert "The test split was not read." in parsed.texts["test-reads"]
    assert "leak/rate" in parsed.texts["cost-table"]


def test_what_was_forgotten_is_listed(parsed: Parsed) -> None:
    lost = parsed.rows.get("forgotten-table", [])
    share = re.search(r"no longer answers (\d+)%|still answers all", parsed.texts["forgotten"])
    assert share is not None
    assert max(0, len(lost) - 1) == round(4 * int(share[1] or 0) / 100)


def test_every_answer_is_there_for_any_two_runs(parsed: Parsed) -> None:
    data = parsed.data
    assert len(data["questions"]) == 55
    assert [run["title"] for run in data["runs"]][:4] == ["base", "bm25_qa", "gold", "lora_bm25_qa"]
    assert all(len(run["answers"]) == 55 for run in data["runs"])
    assert data["base"] == [0]
    assert data["a"] != data["b"]
    assert data["runs"][data["a"]]["place"].isdigit()
    asked = [one["qid"] for one in data["questions"]]
    at = asked.index("lark.00.L4")
    for run in data["runs"]:
        text, grade, strict, hits, wrong = run["answers"][at]
        held = [name in data["texts"][text] for name in ("Daria Quigley", "Ossian Thorne")]
        assert [bool(hits & 1), bool(hits & 2)] == held
        assert (data["grades"][grade] == "CORRECT") == (all(held) and not data["wrongs"][wrong])
        assert strict == (data["grades"][grade] == "CORRECT")


def test_an_answer_cannot_leave_the_data(sample: Path) -> None:
    text = html(sample)
    parsed = Parsed(text)
    assert any("</script>" in answer for answer in parsed.data["texts"])
    assert text.count("</script>") == 2, "that of the data and that of the program"
    assert "<b>" not in parsed.texts["data"]
    assert ("b", {}) in parsed.elements, "figures are bold"
    assert "どの層か &lt;b&gt;" in text


def test_the_page_reaches_for_nothing_outside(sample: Path) -> None:
    text = html(sample)
    assert not re.search(r"(https?:)?//[\w.-]+\.\w", text), "no address"
    names = {name for _, found in Parsed(text).elements for name in found}
    assert names.isdisjoint({"src", "href", "srcset", "action"})
    assert "@import" not in text
    assert "url(" not in text


def test_japanese_is_marked_as_such_and_stays_text(sample: Path) -> None:
    study = json.loads((sample / "study.json").read_text(encoding="utf-8"))
    for number in range(4):
        file = sample / f"{number:04d}" / "result.json"
        body = json.loads(file.read_text(encoding="utf-8"))
        body["params"]["lora.targets"] = {"mlp": "多層", "all": "全部"}[body["params"]["lora.targets"]]
        file.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
    parsed = Parsed(html(sample))
    assert any(tag == "text" and found.get("lang") == "ja" for tag, found in parsed.elements)
    assert "全部" in parsed.texts["plot-heat"]
    assert ("span", {"lang": "ja"}) in parsed.elements
    assert "ラークスパーの本社は札幌市にあります。" in parsed.texts["data"]
    assert study["question"] in (sample / "report.md").read_text(encoding="utf-8")


def test_light_dark_and_paper_have_their_colours(sample: Path) -> None:
    text = html(sample)
    for words in ("prefers-color-scheme: dark", '[data-theme="dark"]', "@media print", "color-scheme: light dark"):
        assert words in text
    style = text[text.index("<style>") : text.index("</style>")]
    assert min(int(size) for size in re.findall(r"font-size: (\d+)px", style)) >= 12
    light, *dark = [set(re.findall(r"(--[\w]+): ", block)) for block in re.findall(r"\{([^{}]*--page: [^{}]*)\}", style)]
    assert len(dark) == 3, "of the system, of the button, and paper, which is light whatever the screen is"
    assert all(names == light for names in dark)


def test_markdown_has_the_same_tables(sample: Path) -> None:
    parsed = Parsed(html(sample))
    told = (sample / "report.md").read_text(encoding="utf-8")
    for table, title in (("levels-table", "## Arms by level"), ("cost-table", "## Cost"), ("trials-table", "## All trials")):
        part = told[told.index(title) :].split("\n|---", 1)[1].split("\n\n")[0]
        assert part.count("\n|") == len(parsed.rows[table]) - 1
    assert told.count("\n| L2 |") == 6
    assert all(len(set(map(len, map(_cells, block)))) == 1 for block in _tables(told)), "all rows of a table are as long"


def test_a_study_of_200_trials_is_one_page(tmp_path: Path) -> None:
    written = Written(tmp_path / "study", questions(12, levels=(1, 2, 4)), ("search.constraints=null",))
    written.arm("base", 0.1)
    for number in range(200):
        rate = 1e-4 * (1 + number / 50)
        params = {"lora.rank": 2 ** (number % 5), "training.learning_rate": rate, "training.epochs": number % 3}
        written.trial(number, params, 0.4 + number / 500)
    parsed = Parsed(html(written.root))
    assert len(parsed.rows["trials-table"]) == 201
    assert len(parsed.data["runs"]) == 201
    assert "12 best of 200" in parsed.texts["levels"]
    assert "plot-parallel" in parsed.texts


def test_a_study_without_a_complete_trial_has_a_page(tmp_path: Path) -> None:
    written = Written(tmp_path / "study", questions(4))
    parsed = Parsed(html(written.root))
    assert "Nothing is recommended." not in parsed.texts["decision"]
    assert "No trial was completed" in parsed.texts["decision"]
    assert parsed.data["runs"] == []


def test_the_command_writes_both_files_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = Written(tmp_path / "multirun" / "rank-1111", questions(4))
    written.trial(0, {}, 0.5)
    assert main(["rank", "--output-dir", str(tmp_path / "multirun")]) == 0
    assert str(written.root / "report.html") in capsys.readouterr().out.replace("\n", "")
    assert (written.root / "report.md").is_file()


def test_an_unknown_study_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Written(tmp_path / "rank-1111", [])
    assert main(["ranks", "--output-dir", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "sweep: study: got ranks; did you mean rank-1111?\n"


def _cells(line: str) -> list[str]:
    return re.split(r"(?<!\\)\|", line)


def _tables(text: str) -> list[list[str]]:
    blocks = [block.splitlines() for block in text.split("\n\n")]
    return [block for block in blocks if block and block[0].startswith("| ")]
