"""The ladder: summaries, the names of measurements, what is beside it."""

from __future__ import annotations

from sweep.data import files
from sweep.evaluate import ladder
from sweep.evaluate.generation import Answer


def test_levels_hold_what_result_json_promises() -> None:
    dataset = files.load("larkspur_en")
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
    dataset = files.load("kirisagi_ja")
    items = dataset.items(2, "dev")
    long = [any(fact.length == "long" for fact in dataset.facts_of(item)) for item in items]
    assert sum(long) == 4
    said = [Answer("分かりません。" if is_long else item.gold, True, 9) for item, is_long in zip(items, long, strict=True)]
    said[long.index(True)] = Answer(items[long.index(True)].gold, True, 9)
    found = ladder.levels(ladder.grade(dataset, items, said))["L2"]
    assert (found["key_recall_long"], found["key_recall_short"], found["n_long"]) == (0.25, 1.0, 4)
    assert "key_recall_long" not in ladder.levels(ladder.grade(dataset, items[:3], said[:3]))["L2"], "all are short"


def test_a_row_of_predictions_has_the_promised_fields() -> None:
    dataset = files.load("larkspur_en")
    item = dataset.items(2, "test")[0]
    (graded,) = ladder.grade(dataset, [item], [Answer(item.gold, True, 9)])
    row = graded.row(seed=3, epoch=8)
    assert {"qid", "split", "level", "fact_ids", "seed", "epoch", "answer", "gold", "grade", "strict", "ended"} <= set(row)
    assert (row["seed"], row["epoch"], row["grade"], row["strict"]) == (3, 8, "CORRECT", True)
