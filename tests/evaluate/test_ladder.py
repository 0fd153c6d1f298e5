"""The ladder: clustered errors against formulas and simulation, summaries, the names of measurements."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sweep.data import records
from sweep.evaluate import ladder
from sweep.evaluate.generation import Answer
from sweep.evaluate.ladder import clustered_stderr, fact_clusters


def test_without_clusters_the_error_is_the_textbooks() -> None:
    values = [1.0, 0.0, 1.0, 1.0, 0.0]
    n, p = len(values), 0.6
    assert clustered_stderr(values, range(n)) == pytest.approx(math.sqrt(p * (1 - p) / (n - 1)))


def test_questions_that_repeat_each_other_count_once() -> None:
    once = clustered_stderr([1.0, 0.0, 1.0, 0.0], [0, 1, 2, 3])
    assert clustered_stderr([1.0, 0.0, 1.0, 0.0] * 5, [0, 1, 2, 3] * 5) == pytest.approx(once)


def test_the_error_is_the_spread_of_many_repetitions() -> None:
    """30 facts with 4 like questions each: the mean of the errors is the spread of the means, the naive error is not."""
    draw = np.random.default_rng(0)
    means, errors = [], []
    clusters = [fact for fact in range(30) for _ in range(4)]
    for _ in range(2000):
        chance = np.repeat(draw.beta(0.7, 0.7, 30), 4)
        values = (draw.random(120) < chance).astype(float)
        means.append(values.mean())
        errors.append(clustered_stderr(list(values), clusters))
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.05)
    assert math.sqrt(0.25 / 120) < 0.75 * np.std(means)


def test_questions_that_share_a_fact_are_one_cluster() -> None:
    assert fact_clusters([["a"], ["b"], ["a", "c"], ["c"], ["d", "b"], ["e"]]) == [0, 1, 0, 0, 1, 2]


def test_levels_hold_what_result_json_promises() -> None:
    dataset = records.load("larkspur_en")
    items = [*dataset.items(1, "dev")[:4], *dataset.items(4, "dev")[:2]]
    said = [Answer(item.gold, True, 9) for item in items]
    said[0] = Answer("I do not know.", True, 5)
    said[1] = Answer(items[1].gold, False, 48)
    graded = ladder.grade(dataset, items, said)
    summary = ladder.levels(graded)
    assert list(summary) == ["L1", "L4"]
    first = summary["L1"]
    assert (first["n"], first["n_facts"]) == (4, len({fact for item in items[:4] for fact in item.fact_ids}))
    assert (first["accuracy"], first["strict"], first["not_attempted"], first["eos_rate"]) == (0.75, 0.5, 0.25, 0.75)
    assert summary["L4"]["accuracy"] == 1.0
    names = {one.name: one for one in ladder.measurements(summary)}
    assert set(names) == {"L1/acc", "L1/strict", "L4/acc", "L4/strict", "macro/acc"}
    assert names["macro/acc"].value == 1.0, "L1 belongs to no macro mean"
    assert (names["L1/acc"].n, names["L1/acc"].better) == (4, "higher")


def test_long_and_short_answers_are_compared_on_key_recall() -> None:
    dataset = records.load("kirisagi_ja")
    items = dataset.items(2, "dev")
    long = [any(fact.length == "long" for fact in dataset.facts_of(item)) for item in items]
    assert sum(long) == 4
    said = [Answer("分かりません。" if is_long else item.gold, True, 9) for item, is_long in zip(items, long, strict=True)]
    said[long.index(True)] = Answer(items[long.index(True)].gold, True, 9)
    found = ladder.levels(ladder.grade(dataset, items, said))["L2"]
    assert (found["key_recall_long"], found["key_recall_short"], found["n_long"]) == (0.25, 1.0, 4)
    assert "key_recall_long" not in ladder.levels(ladder.grade(dataset, items[:3], said[:3]))["L2"], "all are short"


def test_a_row_of_predictions_has_the_promised_fields() -> None:
    dataset = records.load("larkspur_en")
    item = dataset.items(2, "test")[0]
    (graded,) = ladder.grade(dataset, [item], [Answer(item.gold, True, 9)])
    row = graded.row(seed=3, epoch=8)
    assert {"qid", "split", "level", "fact_ids", "seed", "epoch", "answer", "gold", "grade", "strict", "ended"} <= set(row)
    assert (row["seed"], row["epoch"], row["grade"], row["strict"]) == (3, 8, "CORRECT", True)
