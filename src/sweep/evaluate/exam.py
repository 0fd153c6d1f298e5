"""Asking: a model gets the questions that a configuration reads, in the one way that holds for every arm and every trial."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sweep import selection
from sweep.data import prompts
from sweep.data.records import Dataset, EvalItem
from sweep.evaluate import generation, ladder
from sweep.evaluate.ladder import Graded
from sweep.trial import Trial

OnPhase = Callable[[str, str], None]  # (trial name, what it does now)


@dataclass(frozen=True)
class Exam:
    """The questions of one data set, put to adapters of one base."""

    tokenizer: Any
    ends: tuple[int, ...]  # token ids that end an answer
    on_phase: OnPhase

    def whole(self, trial: Trial, model: Any, dataset: Dataset) -> list[Graded]:
        """Every question of every split the trial's configuration reads."""
        evaluation = trial.config.evaluation
        return [
            one
            for split in evaluation.splits
            for one in self._ask(
                trial, model, dataset, selection.questions(dataset, evaluation.levels, split, evaluation.questions)
            )
        ]

    def at_rung(self, trial: Trial, model: Any, dataset: Dataset) -> list[Graded]:
        """The few dev questions of an epoch's end; none where the configuration wants none."""
        evaluation = trial.config.evaluation
        if evaluation.rung_questions == 0:
            return []
        items = selection.questions(dataset, evaluation.levels, "dev", evaluation.rung_questions)
        return self._ask(trial, model, dataset, items)

    def _ask(self, trial: Trial, model: Any, dataset: Dataset, items: Sequence[EvalItem]) -> list[Graded]:
        def answered(count: int) -> None:
            self.on_phase(trial.name, f"answered {count} of {len(items)} {items[0].split} questions")

        config = trial.config
        answered(0)
        said = generation.answers(
            model,
            self.tokenizer,
            prompts.build(self.tokenizer, config.prompt.template, config.prompt.system),
            [item.prompt for item in items],
            max_new_tokens=config.evaluation.max_new_tokens,
            batch_size=config.evaluation.batch_size,
            ends=self.ends,
            on_batch=answered,
        )
        self.on_phase(trial.name, "training")
        return ladder.grade(dataset, items, said)
