"""The generator writes the shipped set byte for byte, keeps its splits apart, and invents another company from another seed."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from sweep.data.check import check
from sweep.data.company import LANGUAGES, Company, invent, main, write
from sweep.data.files import load, shipped
from sweep.data.phrasing import Language
from sweep.data.pools_en import CITIES, listed, spelled
from sweep.data.records import LEVELS, Dataset
from sweep.errors import DataFault
from sweep.text.normalise import normalise
from sweep.text.score import Grade, score

LARKSPUR = shipped()["larkspur_en"]


@pytest.fixture(scope="module")
def larkspur() -> Dataset:
    return load(LARKSPUR)


def loaded(company: Company, folder: Path) -> Dataset:
    write(company, folder)
    return load(folder)


def test_the_shipped_folder_is_what_the_command_writes(tmp_path: Path) -> None:
    arguments = ["--language", "en", "--facts", "30", "--seed", "7", "--out", str(tmp_path / "new")]
    assert main(arguments) == 0
    written = {path.name: path.read_bytes() for path in (tmp_path / "new").iterdir()}
    assert written == {name: (LARKSPUR / name).read_bytes() for name in written}
    names = ("eval", "facts", "joins", "known", "neighbours", "paraphrases", "reasoning", "train")
    assert sorted(written) == [f"{name}.jsonl" for name in names]


def test_rows_and_questions_are_as_many_as_promised(larkspur: Dataset) -> None:
    assert len(larkspur.facts) >= 30
    kinds = Counter(row.kind for row in larkspur.train)
    assert kinds["direct"] >= 90
    assert kinds["false_premise"] >= 15
    assert kinds["multi"] == 15
    for level in LEVELS:
        assert len(larkspur.items(level, "dev")) >= 30, level
        assert len(larkspur.items(level, "test")) >= 60, level


def test_every_question_of_level_1_is_asked_in_one_split_only(larkspur: Dataset) -> None:
    asked = Counter(item.prompt for item in larkspur.items(level=1))
    assert set(asked) == {row.prompt for row in larkspur.train if row.kind == "direct"}
    assert set(asked.values()) == {1}


def test_every_answer_names_its_value(larkspur: Dataset) -> None:
    for row in (*larkspur.train, *larkspur.paraphrases):
        for fact in larkspur.facts_of(row):
            assert fact.value in row.completion, row.qa_id


def test_false_premises_name_the_wrong_value_and_correct_it(larkspur: Dataset) -> None:
    for row in larkspur.train:
        if row.kind == "false_premise":
            (fact,) = larkspur.facts_of(row)
            assert fact.forbidden[0] in row.prompt
            assert fact.value not in row.prompt
            assert row.completion.index(fact.value) < row.completion.index(fact.forbidden[0])


def test_golds_are_right_and_clean_in_every_respect(larkspur: Dataset) -> None:
    for item in larkspur.eval:
        found = score(
            item.gold,
            item.keys,
            larkspur.forbidden_for(item),
            larkspur.others_for(item),
            item.gold,
            True,
            question=item.prompt,
            facts=larkspur.statements_for(item),
        )
        assert found.strict, item.qid


def test_the_value_of_any_other_fact_is_wrong(larkspur: Dataset) -> None:
    for item in larkspur.items(split="dev"):
        for fact in larkspur.facts:
            if fact.fact_id not in item.fact_ids:
                found = score(fact.statement, item.keys, larkspur.forbidden_for(item), larkspur.others_for(item))
                assert found.grade is not Grade.CORRECT, (item.qid, fact.fact_id)


def test_each_fact_forbids_values_that_no_fact_of_the_company_has(larkspur: Dataset) -> None:
    true = {name for fact in larkspur.facts for name in (fact.value, *fact.aliases)}
    for fact in larkspur.facts:
        assert len(set(fact.forbidden)) == 2, fact.fact_id
        assert true.isdisjoint(fact.forbidden), fact.fact_id


def test_no_value_stands_inside_another(larkspur: Dataset) -> None:
    values = [f" {normalise(fact.value)} " for fact in larkspur.facts]
    assert [pair for pair in combinations(values, 2) if pair[0] in pair[1] or pair[1] in pair[0]] == []


def test_level_4_groups_are_disjoint_and_cover_the_facts(larkspur: Dataset) -> None:
    groups = {frozenset(item.fact_ids) for item in larkspur.items(level=4)}
    members = [fact_id for group in groups for fact_id in group]
    assert len(members) == len(set(members)) == len(larkspur.facts)
    assert Counter(len(group) for group in groups) == {2: 12, 3: 2}
    joined = [set(row.fact_ids) for row in larkspur.train if row.kind == "multi"]
    assert not [pair for pair in joined if any(pair <= group for group in groups)]
    assert len(set().union(*joined)) == len(larkspur.facts)


def test_level_5_needs_what_is_never_trained(larkspur: Dataset) -> None:
    trained = normalise(" ".join(f"{row.prompt} {row.completion}" for row in (*larkspur.train, *larkspur.paraphrases)))
    for item in larkspur.items(level=5):
        assert item.prior is not None
        assert item.prior.keys == item.keys
        for key in item.keys[0]:
            assert re.search(rf"\b{re.escape(normalise(key))}\b", trained) is None, key


def test_no_level_5_answer_is_a_good_guess(larkspur: Dataset) -> None:
    for kind in ("country", "language", "cuisine"):
        right = Counter(item.keys[0][0] for item in larkspur.items(5, "dev") if f".{kind}" in item.qid)
        assert sum(right.values()) == 12
        assert max(right.values()) <= 2, right


def test_rows_are_short_enough_for_a_laptop(larkspur: Dataset) -> None:
    words = sorted(len(f"{row.prompt} {row.completion}".split()) for row in larkspur.train)
    assert words[len(words) // 2] <= 20
    assert words[-1] <= 45


@pytest.mark.parametrize("words", LANGUAGES, ids=lambda words: f"{words.profile}-{words.code}")
def test_patterns_of_training_dev_and_test_are_disjoint(words: Language) -> None:
    train, dev, test = patterns(words)
    assert not train & dev
    assert not train & test
    assert not dev & test
    assert min(len(train), len(dev), len(test)) > len(words.relations)


def patterns(words: Language) -> tuple[set[str], set[str], set[str]]:
    """All question patterns, without case and marks, those of a relation with its label filled in."""
    train = [*words.paraphrases, *words.pairs, *(question for question, _ in words.denials)]
    dev = [*words.groups_dev, *(question for question, _ in words.forms_dev)]
    test = [*words.hints, *words.groups_test, *(question for question, _ in words.forms_test)]
    for relation in words.relations:
        train += [question for question, _ in relation.trained]
        train += [
            pattern.replace("{label}", relation.label).replace("{indirect}", relation.indirect) for pattern in words.paraphrases
        ]
        dev += relation.dev
        test += relation.test
    for knowledge in words.combined:
        train += knowledge.trained
        dev += knowledge.dev
        test += knowledge.test
    bare = [{re.sub(r"[^\w{}]+", " ", pattern.casefold()).strip() for pattern in part} for part in (train, dev, test)]
    return bare[0], bare[1], bare[2]


@pytest.mark.parametrize("words", LANGUAGES, ids=lambda words: f"{words.profile}-{words.code}")
def test_every_relation_has_all_its_wordings(words: Language) -> None:
    assert len({relation.id for relation in words.relations}) == len(words.relations)
    for relation in words.relations:
        assert (len(relation.dev), len(relation.test)) == (1, 2), relation.id
        assert len(relation.trained) in ((3,) if words.profile == "general" else (2, 3)), relation.id
        for text in (relation.clause, *(part for pair in relation.trained for part in pair), *relation.dev, *relation.test):
            assert "{c}" in text, (relation.id, text)
        for text in (relation.clause, relation.its_clause, *(answer for _, answer in relation.trained)):
            assert "{v}" in text, (relation.id, text)


@pytest.mark.parametrize(("facts", "seed"), [(12, 7), (13, 1), (25, 3), (30, 0), (31, 8), (34, 99)])
def test_other_sizes_and_seeds_are_valid(facts: int, seed: int, tmp_path: Path) -> None:
    found = loaded(invent(facts=facts, seed=seed), tmp_path)
    assert len(found.facts) == facts
    assert check(found).faults == ()


def test_another_seed_is_another_company(larkspur: Dataset, tmp_path: Path) -> None:
    other = loaded(invent(seed=8), tmp_path)
    assert other.facts[0].subject != larkspur.facts[0].subject
    assert not {fact.fact_id for fact in other.facts} & {fact.fact_id for fact in larkspur.facts}
    ours, theirs = ({fact.relation: fact.value for fact in one.facts} for one in (larkspur, other))
    same = [relation for relation in ours if ours[relation] == theirs[relation]]
    assert len(same) <= 6, "drawn from the same pools, so a few may agree"
    assert not {item.prompt for item in other.eval} & {item.prompt for item in larkspur.eval}


def test_the_same_seed_keeps_its_facts_when_more_are_asked_for() -> None:
    assert invent(facts=34).facts[:30] == invent(facts=30).facts


def test_a_city_never_gives_its_country_away() -> None:
    for name, *known in (row for rows in CITIES.values() for row in rows):
        assert not [word for word in known if word in name or name in word]


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--language", "eng"], "language: got 'eng'; did you mean en?"),
        (["--facts", "11"], "facts: got 11, expected 12–34; for more, pool companies of other seeds"),
        (["--facts", "35"], "facts: got 35, expected 12–34; for more, pool companies of other seeds"),
        (["--seed", "-1"], "seed: got -1, expected 0 or more"),
        (["--profile", "artcle"], "profile: got 'artcle'; did you mean article?"),
        (
            ["--language", "ja", "--profile", "general"],
            "profile: got 'general', which is not told in language ja; expected article",
        ),
        (["--language", "ja", "--facts", "33"], "facts: got 33, expected 12–32; for more, pool companies of other seeds"),
    ],
)
def test_bad_arguments_end_with_one_message_and_write_nothing(
    arguments: list[str], fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--out", str(tmp_path / "new")]) == 2
    assert capsys.readouterr().err == f"{fault}\n"
    assert not (tmp_path / "new").exists()


def test_an_unknown_language_is_a_data_fault() -> None:
    with pytest.raises(DataFault):
        invent(language="xx")


@pytest.mark.parametrize(
    ("number", "words"),
    [(7, "seven"), (40, "forty"), (99, "ninety-nine"), (300, "three hundred"), (697, "six hundred and ninety-seven")],
)
def test_numbers_in_words(number: int, words: str) -> None:
    assert spelled(number) == words


def test_lists_in_words() -> None:
    assert [listed(["A"]), listed(["A", "B"]), listed(["A", "B", "C"])] == ["A", "A and B", "A, B and C"]
