"""Asking: adapters get the questions that their configurations read, in the one way that holds for every arm and every trial."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from sweep import arms, selection
from sweep.config import Config
from sweep.data import prompts
from sweep.data.records import Dataset, EvalItem
from sweep.evaluate import drift, generation, ladder, probes
from sweep.evaluate.ladder import Graded
from sweep.evaluate.likelihood import log_likelihoods
from sweep.evaluate.scoring import Grade
from sweep.trial import Trial

OnPhase = Callable[[str, str], None]  # (trial name, what it does now)
Sitting = Sequence[tuple[Trial, Dataset]]  # who is asked together, in the order of the model's voices
T = TypeVar("T")
Ask: TypeAlias = "Callable[[Exam, Sitting, Any], list[list[T]]]"  # a way to ask, of a model with a voice for each trial
Found = dict[str, list[T] | Exception]  # by trial


@dataclass(frozen=True)
class Exam:
    """The questions of data sets, put to adapters of one base. `model` has one voice for each trial of a sitting."""

    tokenizer: Any
    ends: tuple[int, ...]  # token ids that end an answer
    on_phase: OnPhase
    say: Callable[[str], None] = lambda line: None  # hears what a person should know
    asks: Callable[[EvalItem], str] = lambda item: item.prompt  # what of a question, and beside it, the model is shown

    def together(self, sitting: Sitting, voices: Callable[..., Any], ask: Ask[T]) -> Found[T]:
        """What is found for each trial of a sitting, by name. `voices`: of these names, a model with a voice for each. Where
        asking all at once raises, each is asked alone, and one that raises again has its error in place of answers."""
        names = [trial.name for trial, _ in sitting]
        try:
            return dict(zip(names, ask(self, sitting, voices(*names)), strict=True))
        except Exception as error:
            if len(sitting) == 1:
                return {names[0]: error}
            said = f"{type(error).__name__}: {error}"  # the error itself would hold what the next attempt needs
        self.say(f"{len(sitting)} trials could not be asked together ({said}); each is asked by itself")
        return {name: found for one in sitting for name, found in self.together([one], voices, ask).items()}

    def whole(self, sitting: Sitting, model: Any) -> list[list[Graded]]:
        """Every question of every split that each trial's configuration reads, and on dev, of a trial that was trained, the set's
        retention questions and those of `evaluation.costs`; a split of all trials is asked at once."""
        wanted = [trial.config.evaluation for trial, _ in sitting]
        by_split = {}
        for split in dict.fromkeys(split for evaluation in wanted for split in evaluation.splits):
            items = [
                selection.questions(dataset, evaluation.levels if split in evaluation.splits else (), split, evaluation.questions)
                for (_, dataset), evaluation in zip(sitting, wanted, strict=True)
            ]
            if split == "dev":
                items = [(*paper, *_beside(trial, dataset)) for paper, (trial, dataset) in zip(items, sitting, strict=True)]
            by_split[split] = self._ask(sitting, model, items)
        return [[one for split in each.splits for one in by_split[split][voice]] for voice, each in enumerate(wanted)]

    def at_rung(self, sitting: Sitting, model: Any) -> list[list[Graded]]:
        """The few dev questions of an epoch's end; none for a trial whose configuration wants none."""
        return self._ask(sitting, model, [_of_a_rung(trial.config, dataset) for trial, dataset in sitting])

    def likelihood(self, sitting: Sitting, model: Any) -> list[list[float]]:
        """Log-likelihood of the right answers to the questions of an epoch's end, in nats a token; nothing is generated."""
        papers = [(trial.config, _of_a_rung(trial.config, dataset)) for trial, dataset in sitting]
        asked = [list(zip(self._rendered(*paper), (item.gold for item in paper[1]), strict=True)) for paper in papers]
        return log_likelihoods(model, self.tokenizer, asked, batch_size=_batch_size([one for one, _ in papers]), say=self.say)

    def neutral(self, trial: Trial, dataset: Dataset, model: Any) -> tuple[drift.Row, ...]:
        """What the untouched base says to a set's neutral prompts; none where `evaluation.costs` does not ask for drift."""
        config = trial.config
        texts = probes.texts(dataset, config.evaluation.costs, config.evaluation.questions)
        prompt = prompts.build(self.tokenizer, config.prompt.template, config.prompt.system)
        asked, size = [prompt.render(text) for text in texts], config.evaluation.batch_size
        return drift.reference(model, self.tokenizer, asked, ends=self.ends, batch_size=size) if asked else ()

    def divergences(self, sitting: Sitting, references: Sequence[Sequence[drift.Row]], model: Any) -> list[list[list[float]]]:
        """KL to the base at each token of the text that is each trial's reference."""
        size = _batch_size([trial.config for trial, _ in sitting])
        return drift.divergences(model, self.tokenizer, references, batch_size=size, say=self.say)

    def right(self, trial: Trial, dataset: Dataset, model: Any) -> frozenset[str]:
        """The retention questions of a set that a model answers right, by kid; asked as this trial's configuration asks."""
        graded = self.put(trial, dataset, model, _retention(trial, dataset))
        return frozenset(one.item.qid for one in graded if one.score.grade == Grade.CORRECT)

    def put(self, trial: Trial, dataset: Dataset, model: Any, items: Sequence[EvalItem]) -> list[Graded]:
        """Questions beside the ladder's to one model, asked as this trial's configuration asks."""
        (graded,) = self._ask([(trial, dataset)], model, [items])
        return graded

    def _ask(self, sitting: Sitting, model: Any, items: Sequence[Sequence[EvalItem]]) -> list[list[Graded]]:
        """One question paper a trial. Progress is that of the sitting, told to every trial that is asked something;
        what it does afterwards is for its Worker to tell."""
        configs = [trial.config for trial, _ in sitting]
        asked = [trial.name for (trial, _), paper in zip(sitting, items, strict=True) if paper]
        splits = " and ".join(dict.fromkeys(item.split for paper in items for item in paper))
        total = sum(len(paper) for paper in items)

        def answered(count: int) -> None:
            self._tell(asked, f"answered {count} of {total} {splits} questions")

        answered(0)
        said = generation.answers(
            model,
            self.tokenizer,
            [self._rendered(config, paper) for config, paper in zip(configs, items, strict=True)],
            limits=[config.evaluation.max_new_tokens for config in configs],
            batch_size=_batch_size(configs),
            ends=self.ends,
            on_batch=answered,
            say=self.say,
        )
        return [ladder.grade(dataset, paper, answers) for (_, dataset), paper, answers in zip(sitting, items, said, strict=True)]

    def _rendered(self, config: Config, items: Sequence[EvalItem]) -> list[str]:
        prompt = prompts.build(self.tokenizer, config.prompt.template, config.prompt.system)
        return [prompt.render(self.asks(item)) for item in items]

    def _tell(self, names: Sequence[str], doing: str) -> None:
        for name in names:
            self.on_phase(name, doing)


def told(found: list[T] | Exception) -> list[T]:
    """What was found; raises what kept it from being."""
    if isinstance(found, Exception):
        raise found
    return found


def _of_a_rung(config: Config, dataset: Dataset) -> tuple[EvalItem, ...]:
    levels = () if config.evaluation.rung_questions == 0 else config.evaluation.levels
    return selection.questions(dataset, levels, "dev", config.evaluation.rung_questions)


def _batch_size(configs: Sequence[Config]) -> int | None:
    return min((size for config in configs if (size := config.evaluation.batch_size) is not None), default=None)


def _beside(trial: Trial, dataset: Dataset) -> tuple[EvalItem, ...]:
    """What is asked beside the ladder; of the arms, costs of the untouched base alone: what the others are compared with."""
    evaluation = trial.config.evaluation
    plain = trial.adapter is None and arms.KINDS.get(trial.arm or "", arms.Kind()).context is None
    costs = probes.asked(dataset, evaluation.costs, evaluation.questions) if plain else ()
    return (*_retention(trial, dataset), *costs)


def _retention(trial: Trial, dataset: Dataset) -> tuple[EvalItem, ...]:
    return () if trial.arm is not None else selection.retention(dataset, trial.config.evaluation.questions)
