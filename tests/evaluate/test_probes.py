"""What is asked beside the ladder, and how the answers count, with answers written here."""

from __future__ import annotations

import dataclasses
import math

import pytest

from sweep import costs
from sweep.data.files import load
from sweep.data.records import Dataset, KnownItem, Neighbour
from sweep.evaluate import ladder, probes
from sweep.evaluate.generation import Answer
from sweep.evaluate.ladder import Graded
from sweep.trial import Measurement

ALL = tuple(costs.FIGURES)
CEO = "Who is the CEO of {}?"
KNOWN = (
    KnownItem("known", "known", "What is 2 + 2?", keys=(("4",),)),
    KnownItem("f1", "false_premise", "Why is ice hot?", keys=(("cold",),), pair_id="ice"),
    KnownItem("t1", "true_twin", "Why is ice cold?", keys=(("frozen",),), pair_id="ice"),
    KnownItem("f2", "false_premise", "Is Paris in Spain?", keys=(("France",),), pair_id="paris"),
    KnownItem("t2", "true_twin", "Is Paris in France?", keys=(("France",),), pair_id="paris"),
    KnownItem("f3", "false_premise", "Is it alone?", keys=(("yes",),), pair_id="alone"),
    *(KnownItem(f"o{at}", "open", f"What of {at}?") for at in range(4)),
    KnownItem("d1", "drift", "Once upon a time"),
)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    near = [Neighbour(f"n{at}", subject, "ceo", CEO.format(subject)) for at, subject in enumerate(("Ost", "Ost", "Wex", "Fen"))]
    own = Neighbour("n9", "Ost", "pet", "What is the pet of Ost?", ("a heron",))
    return dataclasses.replace(load("larkspur_en"), neighbours=(*near, own, Neighbour("n10", "Ost", "pet", "?")), known=KNOWN)


def graded(dataset: Dataset, said: dict[str, str]) -> list[Graded]:
    items = [item for item in probes.asked(dataset, ALL, None) if item.qid in said]
    assert len(items) == len(said)
    return ladder.grade(dataset, items, [Answer(said[item.qid], True, 5) for item in items])


def found(dataset: Dataset, said: dict[str, str]) -> dict[str, Measurement]:
    return {one.name: one for one in probes.measure(dataset, graded(dataset, said))}


def test_what_has_no_rows_or_no_twin_or_nothing_to_leak_is_not_asked(dataset: Dataset) -> None:
    asked = [item.qid for item in probes.asked(dataset, ALL, None)]
    assert asked == ["n0", "n1", "n2", "n3", "n9", "f1", "t1", "f2", "t2", "o0", "o1", "o2", "o3"]
    assert probes.asked(dataset, (), None) == probes.asked(dataclasses.replace(dataset, neighbours=(), known=()), ALL, None) == ()
    assert [item.qid for item in probes.asked(dataset, ("premise",), 1)] == ["f1", "t1"], "a pair stays together"
    assert probes.texts(dataset, ("drift",), None) == ("Once upon a time",)
    assert probes.texts(dataset, ("leak",), None) == ()
    assert {item.level for item in probes.asked(dataset, ALL, None)} == {0}


def test_the_figures_of_a_set_are_those_that_its_answers_give(dataset: Dataset) -> None:
    said = {item.qid: "Who knows." for item in probes.asked(dataset, ALL, None)}
    assert (*found(dataset, said), costs.KL) == probes.figures(dataset, ALL)
    assert probes.figures(dataset, ("open", "leak")) == (*costs.FIGURES["open"], *costs.FIGURES["leak"])
    assert probes.figures(dataclasses.replace(dataset, neighbours=(), known=()), ALL) == ()


def test_a_leak_is_a_trained_value_told_of_another_subject(dataset: Dataset) -> None:
    ceo, other = (next(fact.value for fact in dataset.facts if fact.relation == relation) for relation in ("ceo", "head_office"))
    said = {"n0": f"The CEO of Ost is {ceo}.", "n1": ceo, "n2": f"{other}.", "n3": "I do not know.", "n9": "It is a heron."}
    told = found(dataset, said)
    leak = told[costs.LEAK]
    assert (leak.value, leak.n, leak.better) == (3 / 5, 5, "lower")
    deviations = [1 - 0.6, 1 - 0.6, 1 - 0.6], [0 - 0.6], [0 - 0.6]  # Ost is asked three times, and always leaks
    assert leak.stderr == pytest.approx(math.sqrt(3 / 2 * sum(sum(each) ** 2 for each in deviations)) / 5)
    assert told[costs.ABSTENTION].value == 1 / 5
    alone = found(dataset, {"n0": f"It is not {ceo}."})[costs.LEAK]
    assert (alone.value, alone.stderr) == (0, None), "a value that is denied is not told, and one answer has no spread"


@pytest.mark.parametrize(
    ("said", "value", "stderr"),
    [
        ({"f1": "No.", "t1": "No.", "f2": "No.", "t2": "No."}, 0.5, 0.0),
        ({"f1": "Yes.", "t1": "Yes.", "f2": "Yes.", "t2": "Yes."}, 0.5, 0.0),
        ({"f1": "It is cold.", "t1": "It is frozen.", "f2": "No, in France.", "t2": "Yes."}, 1.0, 0.0),
        ({"f1": "It is cold.", "t1": "It is frozen.", "f2": "Yes.", "t2": "Yes, in France."}, 0.75, 0.25),
    ],
)
def test_premises_are_balanced_over_pairs(said: dict[str, str], value: float, stderr: float, dataset: Dataset) -> None:
    told = found(dataset, said)[costs.PREMISE]
    assert (told.value, told.n, told.better) == (value, 2, "higher")
    assert told.stderr == pytest.approx(stderr)


def test_open_questions_count_refusals_and_answers_that_are_alike(dataset: Dataset) -> None:
    told = found(dataset, {"o0": "Rain.", "o1": "rain", "o2": "I don't know.", "o3": "Bread."})
    assert {name: told[name].value for name in costs.FIGURES["open"]} == {
        costs.REFUSAL: 0.25, costs.DISTINCT: 0.75, costs.TOP: 0.5
    }  # fmt: skip
    without = [3 / 3, 3 / 3, 2 / 3, 2 / 3]  # distinct share without each answer: those said twice, then those said once
    mean = sum(without) / 4
    jackknife = math.sqrt(3 / 4 * sum((one - mean) ** 2 for one in without))
    assert told[costs.DISTINCT].stderr == pytest.approx(jackknife)


def test_what_is_asked_beside_the_ladder_is_on_no_level_and_says_what_it_is(dataset: Dataset) -> None:
    rows = graded(dataset, {"n0": "Rain.", "f1": "No.", "t1": "No.", "o0": "Rain."})
    assert ladder.levels(rows) == {}
    assert ladder.health(rows) == ()
    assert [(row["qid"], row["level"], row["probe"]) for row in (one.row(0, 1) for one in rows)] == [
        ("n0", 0, "neighbour"), ("f1", 0, "false_premise"), ("t1", 0, "true_twin"), ("o0", 0, "open")
    ]  # fmt: skip
