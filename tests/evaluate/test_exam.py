"""Trials that sit together are asked what each is asked alone, and hear of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.evaluate.voices import Voices
from tests.worker_contract import trial_of

from sweep.data.files import load
from sweep.data.records import Dataset
from sweep.evaluate import generation
from sweep.evaluate.exam import Exam
from sweep.evaluate.ladder import Graded
from sweep.model import base as bases
from sweep.model.base import Base
from sweep.trial import Trial


@pytest.fixture(scope="module")
def base() -> Base:
    return bases.load("tiny", precision="fp32", device="cpu")


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return load("larkspur_en")


@pytest.fixture
def trials(tmp_path: Path) -> list[Trial]:
    """Three that differ in everything a question depends on; the second wants none at an epoch's end."""
    second = ("evaluation.levels=[2,3]", "evaluation.splits=[test,dev]", "evaluation.rung_questions=0", "prompt.system=Answer.")
    third = (
        "evaluation.questions=1",
        "evaluation.max_new_tokens=3",
        "evaluation.batch_size=4",
        "prompt.template='{question}'",
    )
    return [trial_of(tmp_path, number=0), trial_of(tmp_path, *second, number=1), trial_of(tmp_path, *third, number=2)]


def exam(base: Base, told: list[tuple[str, str]] | None = None) -> Exam:
    return Exam(base.tokenizer, base.ends, lambda name, doing: None if told is None else told.append((name, doing)))


def alone(base: Base, dataset: Dataset, trials: list[Trial], way: str) -> list[list[Graded]]:
    return [getattr(exam(base), way)([(trial, dataset)], base.model)[0] for trial in trials]


@pytest.mark.parametrize("way", ["whole", "at_rung"])
def test_a_sitting_changes_no_answer(way: str, base: Base, dataset: Dataset, trials: list[Trial]) -> None:
    sitting = [(trial, dataset) for trial in trials]
    together = getattr(exam(base), way)(sitting, Voices(*[base.model] * 3))
    assert together == alone(base, dataset, trials, way)
    splits = [list(dict.fromkeys(one.item.split for one in graded)) for graded in together]
    assert splits == {"whole": [["dev"], ["test", "dev"], ["dev"]], "at_rung": [["dev"], [], ["dev"]]}[way]
    assert max(one.answer.tokens for one in together[2]) <= 3 < max(one.answer.tokens for one in together[0])


def test_progress_reaches_every_trial_that_is_asked(base: Base, dataset: Dataset, trials: list[Trial]) -> None:
    told: list[tuple[str, str]] = []
    exam(base, told).at_rung([(trial, dataset) for trial in trials], Voices(*[base.model] * 3))
    doing = ["answered 0 of 10 dev questions", "answered 8 of 10 dev questions", "answered 10 of 10 dev questions"]
    assert told == [(name, what) for what in doing for name in ("0000", "0002")]


def test_a_trial_without_rung_questions_is_left_in_peace(base: Base, dataset: Dataset, trials: list[Trial]) -> None:
    told: list[tuple[str, str]] = []
    assert exam(base, told).at_rung([(trials[1], dataset)], base.model) == [[]]
    assert told == []


@pytest.mark.parametrize(("sizes", "expected"), [((None, None), None), ((None, 8), 8), ((16, 8), 8)])
def test_the_smallest_batch_size_of_a_sitting_counts(
    sizes: tuple[Any, ...], expected: int | None, base: Base, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[int | None] = []
    real = generation.answers

    def listening(*args: Any, batch_size: int | None, **kwargs: Any) -> Any:
        heard.append(batch_size)
        return real(*args, batch_size=batch_size, **kwargs)

    monkeypatch.setattr(generation, "answers", listening)
    sitting = [
        (trial_of(tmp_path, f"evaluation.batch_size={'null' if size is None else size}", number=at), dataset)
        for at, size in enumerate(sizes)
    ]
    exam(base).at_rung(sitting, Voices(base.model, base.model))
    assert heard == [expected]
