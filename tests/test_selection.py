"""The `data.*` and `evaluation.*` keys applied to the shipped set."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from tests.composed import config

from sweep import selection
from sweep.config import DataConfig, MixConfig
from sweep.data import files
from sweep.data.framing import FRAMES, framed
from sweep.data.records import Dataset, TrainRow
from sweep.errors import DataFault
from sweep.text.health import is_loop
from sweep.text.unsupported import unsupported


@pytest.fixture(scope="module")
def shipped() -> Dataset:
    return files.load("larkspur_en")


@pytest.fixture(scope="module")
def keys() -> DataConfig:
    return config().data


def test_the_default_trains_on_every_row(shipped: Dataset, keys: DataConfig) -> None:
    assert selection.training_rows(shipped, keys, 0) == shipped.train


def test_kinds_choose_rows(shipped: Dataset, keys: DataConfig) -> None:
    rows = selection.training_rows(shipped, replace(keys, kinds=("direct", "multi")), 0)
    assert {row.kind for row in rows} == {"direct", "multi"}


def test_an_unknown_kind_names_the_nearest(shipped: Dataset, keys: DataConfig) -> None:
    with pytest.raises(DataFault, match=r"data\.kinds: got direkt; did you mean direct\?"):
        selection.training_rows(shipped, replace(keys, kinds=("direkt",)), 0)


def test_kinds_that_leave_nothing_say_what_there_is(shipped: Dataset, keys: DataConfig) -> None:
    with pytest.raises(DataFault, match="leaves no row of larkspur_en; it has"):
        selection.training_rows(shipped, replace(keys, kinds=("general",)), 0)


@pytest.mark.parametrize("n", [1, 3])
def test_paraphrases_add_n_rows_a_fact(n: int, shipped: Dataset, keys: DataConfig) -> None:
    rows = selection.training_rows(shipped, replace(keys, paraphrases=n), 0)
    added = Counter(row.fact_ids for row in rows[len(shipped.train) :])
    assert set(added.values()) == {n}
    assert len(added) == len(shipped.facts)


def test_fewer_facts_narrow_rows_and_questions_alike(shipped: Dataset, keys: DataConfig) -> None:
    few = selection.narrowed(shipped, replace(keys, facts=10))
    known = {fact.fact_id for fact in shipped.facts[:10]}
    assert len(few.facts) == 10
    assert few.train
    asked = [row.fact_ids for row in (*few.train, *few.paraphrases)] + [item.fact_ids for item in few.eval]
    assert all(known.issuperset(ids) for ids in asked)
    with pytest.raises(DataFault, match=r"data\.facts: got 999, but larkspur_en has \d+ facts"):
        selection.narrowed(shipped, replace(keys, facts=999))


@pytest.mark.parametrize("changed", [{"answers": "bare"}, {"trained_as": "statement"}])
def test_only_rows_about_one_fact_are_worded_anew(changed: dict[str, str], shipped: Dataset, keys: DataConfig) -> None:
    rows = selection.training_rows(shipped, replace(keys, paraphrases=1, **changed), 0)  # type: ignore[arg-type]
    usual = selection.training_rows(shipped, replace(keys, paraphrases=1), 0)
    moved = [(was, now) for was, now in zip(usual, rows, strict=True) if was != now]
    assert {was.kind for was, _ in moved} == {"direct", "paraphrase"}
    assert len(moved) == sum(row.kind in ("direct", "paraphrase") for row in usual)
    for was, now in moved:
        (fact,) = shipped.facts_of(was)
        if "answers" in changed:
            assert (now.prompt, now.completion) == (was.prompt, fact.value)
        else:
            assert (now.prompt, now.completion) == (f"Larkspur: {fact.relation.replace('_', ' ')}", fact.statement)


@pytest.mark.parametrize("questions", ["Who?", "誰？"], ids=["english", "japanese"])
def test_long_answers_hold_the_written_one_and_no_further_fact(questions: str, shipped: Dataset, keys: DataConfig) -> None:
    dataset = replace(shipped, eval=(replace(shipped.eval[0], prompt=questions),))
    usual = selection.training_rows(dataset, replace(keys, kinds=("direct",)), 0)
    rows = selection.training_rows(dataset, replace(keys, kinds=("direct",), answers="long"), 0)
    frames = {now.completion.replace(was.completion, "|") for was, now in zip(usual, rows, strict=True)}
    assert len(frames) == len(FRAMES[dataset.japanese]) == 4
    assert all(frame.count("|") == 1 and not frame.startswith("|") and not frame.endswith("|") for frame in frames)
    assert {text[0].isascii() for text in frames} == {not dataset.japanese}
    assert [now.prompt for now in rows] == [was.prompt for was in usual]


@pytest.mark.parametrize("japanese", [False, True])
def test_frames_say_nothing_and_are_about_three_answers_long(japanese: bool, shipped: Dataset) -> None:
    usual = 45 if not japanese else 27  # characters of a typical direct answer
    if not japanese:
        assert abs(median(len(row.completion) for row in shipped.train if row.kind == "direct") - usual) < 5
    for number, (opening, closing) in enumerate(FRAMES[japanese]):
        assert 2.5 < len(opening + closing) / usual < 4
        assert unsupported(framed("", japanese, number), ()) == ()
        assert not is_loop(framed("x", japanese, number))


def test_every_statement_has_a_heading_of_its_own(shipped: Dataset, keys: DataConfig) -> None:
    rows = selection.training_rows(shipped, replace(keys, kinds=("direct",), trained_as="statement"), 0)
    assert len({row.prompt for row in rows}) == len({row.completion for row in rows}) == len(shipped.facts)


def kinds(rows: Sequence[TrainRow]) -> Counter[str]:
    return Counter(row.kind for row in rows)


@pytest.mark.parametrize("n", [0, 8, 15, 16, 32, 45])
def test_as_many_rows_join_facts_as_were_asked_for(n: int, shipped: Dataset, keys: DataConfig) -> None:
    rows = selection.training_rows(shipped, replace(keys, joins=n), 0)
    joined = [row for row in rows if row.kind == "multi"]
    assert joined == [*(row for row in shipped.train if row.kind == "multi"), *shipped.joins][:n]
    assert kinds(rows) - kinds(joined) == kinds(shipped.train) - Counter({"multi": 15})


def test_fifteen_rows_that_join_are_those_of_the_set(shipped: Dataset, keys: DataConfig) -> None:
    assert selection.training_rows(shipped, replace(keys, joins=15), 0) == selection.training_rows(shipped, keys, 0)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        (
            {"joins": 46},
            r"data\.joins: got 46, but larkspur_en has 45 rows that join facts \(15 in train.jsonl, 30 in joins.jsonl\)",
        ),
        ({"joins": 8, "kinds": ("direct",)}, r"data\.joins: got 8, but data\.kinds \['direct'\] leaves out multi"),
        (
            {"joins": 0, "kinds": ("multi",)},
            r"data\.kinds: got \['multi'\] and data\.joins 0, which leaves no row of larkspur_en",
        ),
    ],
)
def test_joins_that_cannot_be_are_a_fault(changed: dict[str, Any], fault: str, shipped: Dataset, keys: DataConfig) -> None:
    with pytest.raises(DataFault, match=fault):
        selection.training_rows(shipped, replace(keys, **changed), 0)


def test_fewer_facts_have_fewer_pairs(shipped: Dataset, keys: DataConfig) -> None:
    few = replace(keys, facts=15, joins=32)
    with pytest.raises(DataFault, match=r"data\.joins: got 32, but larkspur_en has \d+ rows that join facts \(4 in train.jsonl"):
        selection.training_rows(selection.narrowed(shipped, few), few, 0)


@pytest.mark.parametrize("about", ["none", "others", "own", "both"])
def test_reasoning_adds_rows_about_the_subjects_asked_for(about: str, shipped: Dataset, keys: DataConfig) -> None:
    asked = replace(keys, reasoning=about)  # type: ignore[arg-type]
    added = selection.training_rows(shipped, asked, 0)[len(shipped.train) :]
    wanted = {"none": set(), "others": {False}, "own": {True}, "both": {False, True}}[about]
    assert {bool(row.fact_ids) for row in added} == wanted
    assert list(added) == [row for row in shipped.reasoning if bool(row.fact_ids) in wanted]


@pytest.mark.parametrize(("about", "asked"), [("none", 12), ("others", 12), ("own", 6), ("both", 6)])
def test_facts_that_are_spelled_out_are_not_asked_at_level_5(about: str, asked: int, shipped: Dataset, keys: DataConfig) -> None:
    found = selection.narrowed(shipped, replace(keys, reasoning=about))  # type: ignore[arg-type]
    facts = {item.fact_ids[0] for item in found.items(5)}
    assert len(facts) == asked
    assert asked == 12 or facts.isdisjoint(shipped.spelled_out)
    assert [item for item in found.eval if item.level != 5] == [item for item in shipped.eval if item.level != 5]


def test_fewer_facts_are_spelled_out_in_fewer_rows(shipped: Dataset, keys: DataConfig) -> None:
    few = replace(keys, facts=10, reasoning="own")
    found = selection.narrowed(shipped, few)
    assert 0 < len(found.spelled_out) < len(shipped.spelled_out)
    assert found.items(5, "dev")
    rows = selection.training_rows(found, few, 0)
    assert {fact for row in rows for fact in row.fact_ids} <= set(found.by_id)


def test_a_set_without_reasoning_says_so(shipped: Dataset, keys: DataConfig) -> None:
    others = tuple(row for row in shipped.reasoning if not row.fact_ids)
    for rows, about, has in (((), "others", "none"), (others, "own", "others"), (others, "both", "others")):
        with pytest.raises(
            DataFault, match=rf"data\.reasoning: got {about}, but reasoning.jsonl of larkspur_en has rows of {has}$"
        ):
            selection.training_rows(replace(shipped, reasoning=rows), replace(keys, reasoning=about), 0)  # type: ignore[arg-type]


def test_mixed_rows_are_drawn_by_the_seed(shipped: Dataset, keys: DataConfig, tmp_path: Path) -> None:
    file = tmp_path / "mix.jsonl"
    lines = [
        {"qa_id": f"g{at}", "fact_ids": [], "prompt": f"What is {at} + 1?", "completion": f"{at + 1}.", "kind": "general"}
        for at in range(20)
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    mixed = replace(keys, mix=MixConfig(str(file), 5, None))
    added = [selection.training_rows(shipped, mixed, seed)[len(shipped.train) :] for seed in (0, 0, 1)]
    assert len(added[0]) == 5
    assert added[0] == added[1] != added[2]
    with pytest.raises(DataFault, match=r"data\.mix\.rows: got 21, but .*mix\.jsonl has 20 rows"):
        selection.training_rows(shipped, replace(keys, mix=MixConfig(str(file), 21, None)), 0)


def test_questions_are_spread_over_a_level(shipped: Dataset) -> None:
    few = selection.questions(shipped, (1, 4), "dev", 6)
    assert [item.level for item in few] == [1] * 6 + [4] * 6
    assert len({item.qid for item in few}) == 12
    assert len({item.fact_ids for item in few if item.level == 1}) == 6, "the questions crowd on few facts"
    assert selection.questions(shipped, (2,), "test", None) == shipped.items(2, "test")


def test_an_empty_level_is_named(shipped: Dataset) -> None:
    without = replace(shipped, eval=tuple(item for item in shipped.eval if (item.level, item.split) != (3, "dev")))
    assert selection.missing_levels(without, (1, 2, 3), ("dev", "test")) == [
        "evaluation.levels: level 3 has no dev question in larkspur_en (levels with questions: [1, 2, 3, 4, 5])"
        "; type evaluation.levels=[1,2,3,4,5]"
    ]
