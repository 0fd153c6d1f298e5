"""Common knowledge: shipped rows are what the command writes, each answer is right by its own keys, and none is asked twice."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from sweep.data import general, mix
from sweep.data.files import load, shipped
from sweep.data.general_form import Ask, Topic, table
from sweep.data.pools_en import CITIES, COMPANIES
from sweep.data.records import KnownItem, TrainRow
from sweep.errors import DataFault
from sweep.text.normalise import normalise
from sweep.text.score import Grade, score
from sweep.text.words import STOP_WORDS

LANGUAGES = general.LANGUAGES


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def rows(language: str) -> tuple[TrainRow, ...]:
    return general.rows(language)


@pytest.fixture(scope="module")
def known(language: str) -> tuple[KnownItem, ...]:
    return general.known(language)


def test_the_shipped_file_is_what_the_command_writes(language: str, tmp_path: Path) -> None:
    out = tmp_path / "new" / "rows.jsonl"
    assert general.main(["--language", language, "--out", str(out)]) == 0
    assert out.read_bytes() == mix.shipped()[language].read_bytes()


def test_there_are_enough_rows_of_many_relations(rows: tuple[TrainRow, ...]) -> None:
    assert len(rows) >= 1200
    relations = Counter(tuple(row.qa_id.split(".")[1:3]) for row in rows)
    assert len(relations) >= 30
    assert max(relations.values()) <= len(rows) / 8, "no relation makes up most of it"
    assert {(row.kind, row.fact_ids) for row in rows} == {("general", ())}


def test_no_question_and_no_id_stands_twice(rows: tuple[TrainRow, ...]) -> None:
    for counts in (Counter(normalise(row.prompt) for row in rows), Counter(row.qa_id for row in rows)):
        assert [name for name, count in counts.items() if count > 1] == []


def test_every_answer_is_right_and_clean_by_its_own_keys(rows: tuple[TrainRow, ...]) -> None:
    for row in rows:
        found = score(row.completion, row.keys, gold=row.completion, question=row.prompt)
        assert (found.grade, found.strict) == (Grade.CORRECT, True), row


def test_no_question_gives_its_answer_away(rows: tuple[TrainRow, ...], known: tuple[KnownItem, ...]) -> None:
    asked = [(row.prompt, row.keys) for row in rows] + [(item.prompt, item.keys) for item in known if item.probe == "known"]
    for prompt, keys in asked:
        assert score(prompt, keys).grade != Grade.CORRECT, prompt


def test_no_line_of_a_table_is_cut_short(rows: tuple[TrainRow, ...]) -> None:
    for row in rows:
        assert not re.search(r"[{}|]|\s-[\s.?]", row.prompt + row.completion), row


def test_nothing_is_told_of_companies_and_of_what_level_5_asks() -> None:
    """An unrelated row that named a company's city and its country would train what must never be trained."""
    cities = [name for found in CITIES.values() for name, *_ in found]
    countries = [country for found in CITIES.values() for _, country, *_ in found]
    for row in general.rows("en"):
        words = f" {normalise(row.prompt)} {normalise(row.completion)} "
        assert [name for name in (*COMPANIES, *cities, *countries) if f" {normalise(name)} " in words] == [], row


def test_retention_items_are_as_many_as_promised(known: tuple[KnownItem, ...]) -> None:
    counts = Counter(item.probe for item in known)
    assert counts["known"] >= 60
    assert (counts["open"], counts["drift"], counts["false_premise"], counts["true_twin"]) == (20, 20, 12, 12)
    assert len({item.kid for item in known}) == len({item.prompt for item in known}) == len(known)
    joined = Counter(item.pair_id for item in known if item.pair_id)
    assert set(joined.values()) == {2}
    assert all(item.keys and item.category for item in known if item.probe == "known")
    assert not any(item.keys for item in known if item.probe in ("open", "drift"))


def test_every_gold_of_a_retention_item_is_right(known: tuple[KnownItem, ...]) -> None:
    for item in known:
        if item.keys:
            found = score(item.gold, item.keys, gold=item.gold, question=item.prompt)
            assert found.grade == Grade.CORRECT, item
            assert found.strict, item


def test_a_false_premise_is_not_right_where_it_is_repeated(known: tuple[KnownItem, ...]) -> None:
    for item in known:
        if item.probe == "false_premise":
            assert score(item.prompt, item.keys).grade != Grade.CORRECT, item


def test_mixing_trains_no_retention_item(rows: tuple[TrainRow, ...], known: tuple[KnownItem, ...]) -> None:
    """No row asks it, and none holds both its answer and nearly all words of the question."""
    prompts = {normalise(row.prompt) for row in rows}
    texts = [(row, _pieces(f"{row.prompt} {row.completion}")) for row in rows]
    for item in known:
        assert normalise(item.prompt) not in prompts, item
        if item.probe == "known":
            asked = _pieces(item.prompt)
            near = [row for row, words in texts if len(asked & words) > 0.9 * len(asked)]
            assert [row.prompt for row in near if score(row.completion, item.keys).grade == Grade.CORRECT] == [], item


def _pieces(text: str) -> set[str]:
    """The words of a text but the commonest; of one without spaces, its pairs of characters."""
    normal = normalise(text)
    return set(normal.split()) - STOP_WORDS if normal.isascii() else {normal[at : at + 2] for at in range(len(normal) - 1)}


def test_the_shipped_company_has_the_retention_items_of_its_language() -> None:
    read = load(shipped()["larkspur_en"]).known
    assert [(item.kid, item.prompt, item.keys, item.pair_id) for item in read] == [
        (item.kid, item.prompt, item.keys, item.pair_id) for item in general.known("en")
    ]


def test_what_is_not_certain_or_gives_itself_away_is_not_asked() -> None:
    lines = table("Panama, Panama City\nNowhere, -\nChile|the long one, Santiago")
    back = Ask("country", 0, (("Whose capital is {1}?", "{1} is the capital of {0}."),))
    (row,) = Topic("t", lines, (back,)).rows("en")
    assert (row.qa_id, row.prompt, row.completion) == (
        "en.t.country.3",
        "Whose capital is Santiago?",
        "Santiago is the capital of Chile.",
    )
    assert row.keys == (("Chile", "the long one"),)


def test_articles_follow_their_word_and_wordings_take_turns() -> None:
    ask = Ask("young", 1, (("What is {0:a}?", "{0:a}: {1}."), ("And {0:a}?", "It is {1}.")), each=1)
    found = list(Topic("t", table("owl, owlet\ncow, calf"), (ask,)).rows("en"))
    assert [row.prompt for row in found] == ["What is an owl?", "And a cow?"]
    assert found[0].completion == "An owl: owlet."


def test_a_line_that_is_too_short_is_seen() -> None:
    with pytest.raises(AssertionError, match="lines of different length in the table of a"):
        table("a, b\nc")


def test_another_language_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DataFault, match="language: got jp; did you mean ja"):
        general.known("jp")
    assert general.main(["--language", "english", "--out", str(tmp_path / "x.jsonl")]) == 2
    assert capsys.readouterr().err.startswith("language: got english; ")
    assert not (tmp_path / "x.jsonl").exists()
