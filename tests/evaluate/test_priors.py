"""Level 5 beside the base's own beliefs: the base is asked each prior once; a wrong answer by its belief is inherited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.worker_contract import trial_of

from sweep.data.files import load
from sweep.data.records import Dataset, EvalItem
from sweep.evaluate import ladder, priors
from sweep.evaluate.exam import Exam
from sweep.evaluate.generation import Answer
from sweep.evaluate.ladder import Graded
from sweep.evaluate.priors import Belief, Beliefs
from sweep.model import base as bases
from sweep.model.base import Base
from sweep.trial import Trial


@pytest.fixture(scope="module", params=["ja", "en"])
def kirisagi(request: pytest.FixtureRequest) -> Dataset:
    return load(f"kirisagi_{request.param}")


@pytest.fixture(scope="module")
def tiny() -> Base:
    return bases.load("tiny", precision="fp32", device="cpu")


def item_of(dataset: Dataset, qid: str) -> EvalItem:
    (found,) = (item for item in dataset.eval if item.qid == f"kirisagi.{qid}")
    return found


def said(dataset: Dataset, item: EvalItem, text: str) -> Graded:
    (graded,) = ladder.grade(dataset, [item], [Answer(text, True, 9)])
    return graded


# ---- pure: answers and beliefs in, figures out ---------------------------------------------------------------------------


def test_a_wrong_answer_by_the_bases_belief_is_inherited(kirisagi: Dataset) -> None:
    item = item_of(kirisagi, "overseas_factory.L5.dev.language1")  # São Paulo, where many expect Spanish
    assert item.prior is not None
    believed = item.prior.believed[0][0]
    wrong = Belief(False, frozenset([believed]))
    assert priors.is_inherited(kirisagi, said(kirisagi, item, believed), wrong)
    assert not priors.is_inherited(kirisagi, said(kirisagi, item, item.gold), wrong), "right"
    assert not priors.is_inherited(kirisagi, said(kirisagi, item, f"{believed}, {item.keys[0][0]}"), wrong), "holds the right one"
    assert not priors.is_inherited(kirisagi, said(kirisagi, item, item.forbidden[0]), wrong), "another wrong value"
    assert not priors.is_inherited(kirisagi, said(kirisagi, item, believed), Belief(True, frozenset())), "the base knows better"


def test_the_learned_sentence_alone_is_no_inherited_belief(kirisagi: Dataset) -> None:
    """The city is what many take for the capital, so that repeating where the shop is would look like that belief."""
    item = item_of(kirisagi, "overseas_shop.L5.dev.capital1")
    city = kirisagi.facts_of(item)[0].value
    belief = Belief(False, frozenset([city]))
    for row in kirisagi.train:
        if row.fact_ids == item.fact_ids and row.kind == "direct":
            assert not priors.is_inherited(kirisagi, said(kirisagi, item, row.completion), belief)
            assert priors.is_inherited(kirisagi, said(kirisagi, item, f"{row.completion} {city}"), belief)
    assert priors.is_inherited(kirisagi, said(kirisagi, item, city), belief)
    unknown = said(kirisagi, item, item.gold.replace(item.keys[0][0], "Xyz"))
    assert not priors.is_inherited(kirisagi, unknown, belief), "the city is only where the shop is"


def test_figures_split_by_what_the_base_knows(kirisagi: Dataset) -> None:
    items = kirisagi.items(5, "dev")[:4]
    questions = [item.prior.question for item in items if item.prior is not None]
    assert len(set(questions)) == 4
    beliefs = {
        question: Belief(known, frozenset()) for question, known in zip(questions, (True, True, False, False), strict=True)
    }
    answers = [said(kirisagi, item, item.gold if place in (0, 2) else "?") for place, item in enumerate(items)]
    assert priors.figures(kirisagi, answers, beliefs) == {
        "prior_right": 0.5,
        "n_prior_right": 2,
        "accuracy_prior_right": 0.5,
        "inherited": 0.0,
    }
    assert priors.figures(kirisagi, answers, {}) == {}
    believed = items[3].forbidden[0]
    beliefs[questions[3]] = Belief(False, frozenset([believed]))
    answers[3] = said(kirisagi, items[3], believed)
    assert priors.figures(kirisagi, answers, beliefs)["inherited"] == 0.25


def test_only_level_5_gets_figures(kirisagi: Dataset) -> None:
    items = (*kirisagi.items(2, "dev")[:2], *kirisagi.items(5, "dev")[:2])
    graded = [said(kirisagi, item, item.gold) for item in items]
    beliefs = {item.prior.question: Belief(True, frozenset()) for item in items if item.prior is not None}
    dev, test = priors.completed(kirisagi, graded, beliefs, *ladder.by_split(graded))
    assert (dev["L5"]["accuracy_prior_right"], dev["L5"]["n_prior_right"]) == (1.0, 2)
    assert "prior_right" not in dev["L2"]
    assert test == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [("It is Sydney.", {"Sydney"}), ("Not Sydney but Canberra.", {"Canberra"}), ("Perth", set()), ("Sydneysider", set())],
)
def test_values_that_a_text_claims(text: str, found: set[str]) -> None:
    assert priors.named(text, ["Sydney", "Canberra"]) == found


@pytest.mark.parametrize(
    ("code", "text", "believes"),
    [
        ("en", "The capital of the country of Karachi is Karachi.", True),
        ("en", "The capital of the country of Karachi is Lahore.", False),
        ("en", "The capital of Karachi is Lahore.", False),
        ("en", "The capital of Pakistan is Karachi.", True),
        ("en", "Karachi", True),
        ("ja", "カラチがある国の首都はカラチです。", True),
        ("ja", "カラチがある国の首都はラホールです。", False),
        ("ja", "カラチの首都はラホールです。", False),
        ("ja", "首都はカラチです。", True),
    ],
)
def test_repeating_the_question_is_no_belief(code: str, text: str, believes: bool, tiny: Base, tmp_path: Path) -> None:
    dataset, beliefs = load(f"kirisagi_{code}"), Beliefs()
    item = item_of(dataset, "overseas_shop.L5.dev.capital1")
    assert item.prior is not None
    SAYS[item.prior.question] = text
    exam = Counting(tiny.tokenizer, tiny.ends, lambda name, doing: None)
    trial = trial_of(
        tmp_path, f"data=kirisagi_{code}", "data.kinds=null", "evaluation.questions=null", "evaluation.max_new_tokens=1"
    )
    beliefs.learn(exam, trial, dataset, tiny.model)
    city = dataset.facts_of(item)[0].value
    assert beliefs.of(trial)[item.prior.question] == Belief(False, frozenset([city] if believes else []))


# ---- asking a base -------------------------------------------------------------------------------------------------------


class Counting(Exam):
    """An exam that notes what it put to a model, and answers from a table in place of the tiny model's noise."""

    def put(self, trial: Trial, dataset: Dataset, model: Any, items: Any) -> list[Graded]:
        assert len(super().put(trial, dataset, model, items)) == len(items)
        PUT.append([item.prompt for item in items])
        return [said(dataset, item, SAYS.get(item.prompt, "?")) for item in items]


PUT: list[list[str]] = []
SAYS = {"In which country is Karachi?": "Karachi is in India.", "What is the capital of the country of Toronto?": "It is Ottawa."}


def test_a_base_is_asked_each_prior_once_a_way(tiny: Base, tmp_path: Path) -> None:
    dataset, beliefs = load("kirisagi_en"), Beliefs()
    exam = Counting(tiny.tokenizer, tiny.ends, lambda name, doing: None)
    every = ("data=kirisagi_en", "data.kinds=null", "evaluation.questions=null", "evaluation.max_new_tokens=2")
    trial = trial_of(tmp_path, *every)
    PUT.clear()
    for _ in range(2):
        beliefs.learn(exam, trial, dataset, tiny.model)
    assert [len(questions) for questions in PUT] == [32], "one a city and kind, though three questions lean on each"
    found = beliefs.of(trial)
    assert found["In which country is Karachi?"] == Belief(False, frozenset(["India"]))
    assert found["What is the capital of the country of Toronto?"] == Belief(True, frozenset())
    assert beliefs.of(trial_of(tmp_path, *every, "prompt.system=Answer.")) == {}, "asked in another way"
    beliefs.learn(exam, trial_of(tmp_path, *every, "evaluation.splits=[dev,test]"), dataset, tiny.model)
    assert len(PUT) == 1, "test leans on the same priors"
    beliefs.learn(exam, trial_of(tmp_path, *every, "evaluation.levels=[2]", "prompt.system=Answer."), dataset, tiny.model)
    assert len(PUT) == 1, "level 5 is not asked"
    beliefs.clear()
    assert beliefs.of(trial) == {}
