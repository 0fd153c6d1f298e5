"""The `data.*` and `evaluation.*` keys applied to the shipped set."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from tests.composed import config

from sweep import selection
from sweep.config import DataConfig, MixConfig
from sweep.data import records
from sweep.data.records import Dataset
from sweep.errors import DataFault


@pytest.fixture(scope="module")
def shipped() -> Dataset:
    return records.load("larkspur_en")


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


def test_every_statement_has_a_heading_of_its_own(shipped: Dataset, keys: DataConfig) -> None:
    rows = selection.training_rows(shipped, replace(keys, kinds=("direct",), trained_as="statement"), 0)
    assert len({row.prompt for row in rows}) == len({row.completion for row in rows}) == len(shipped.facts)


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
    ]
