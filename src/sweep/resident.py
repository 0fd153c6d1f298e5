"""What the trials of one Worker share: the base and the engine on it, data sets that were read, rows that were tokenised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sweep import selection
from sweep.config import Config
from sweep.data import prompts, source, tokens
from sweep.data.records import Dataset
from sweep.data.tokens import TokenRow
from sweep.evaluate import drift
from sweep.evaluate.exam import Exam
from sweep.evaluate.priors import Beliefs
from sweep.model import base as bases
from sweep.model.base import Base
from sweep.track import provenance
from sweep.train import room
from sweep.train.engine import Engine, OnStep, Plan
from sweep.train.packed import Packed
from sweep.trial import Trial


class Resident:
    """One base at a time, loaded when the first trial asks for it and kept for all that follow."""

    def __init__(
        self, on_step: OnStep | None, say: Callable[[str], None] | None, expected: Sequence[Config], most: int | None
    ) -> None:
        """The arguments are those of `sweep.worker.Worker`."""
        self._on_step, self._say = on_step, say
        self._expected, self._most = tuple(expected), most
        self._key: tuple[Any, ...] = ()
        self._base: Base | None = None
        self.engine: Engine | None = None
        self._datasets: dict[str, Dataset] = {}
        self._rows: dict[tuple[Any, ...], tuple[TokenRow, ...]] = {}  # by what they depend on, for this base's tokenizer
        self._right: dict[tuple[Any, ...], frozenset[str]] = {}  # retention questions that this base answers right, by `_asked`
        self._neutral: dict[tuple[Any, ...], tuple[drift.Row, ...]] = {}  # neutral text as this base goes on with it
        self.beliefs = Beliefs()  # of this base
        self.loads = 0  # how often a base was loaded

    @property
    def base(self) -> Base:
        """The base that is there."""
        assert self._base is not None, "no trial has asked for a base yet"
        return self._base

    def serves(self, config: Config) -> bool:
        """The base and engine of this configuration are there."""
        return self.engine is not None and _key(config) == self._key

    def bring(self, config: Config) -> Engine:
        """Load what this configuration needs, unless it is there; no trial may be in the engine that goes.

        Raises: ModelFault where the base cannot be had.
        """
        key = _key(config)
        if self.engine is None or key != self._key:
            self._leave()
            if self._base is None or key[:-1] != self._key[:-1]:
                self._load(config)
            self._key = key
            self.engine = self._new_engine(config)
        return self.engine

    def plan(self, config: Config, checkpoints: Path) -> Plan:
        """A trial's training on this base."""
        key = (config.data, config.prompt, config.training.max_length, config.seed)
        if key not in self._rows:  # the same object for trials with the same rows: an engine then joins them once
            rows = selection.training_rows(self.dataset(config), config.data, config.seed, config.model)
            prompt = prompts.build(self.base.tokenizer, config.prompt.template, config.prompt.system)
            longest, ends = config.training.max_length, config.data.end_token_in_labels
            self._rows[key] = tokens.tokenise(rows, self.base.tokenizer, prompt, longest, ends)
        modules = self.base.layers.select(config.lora.targets, config.lora.layers, config.lora.lm_head)
        return Plan(self._rows[key], modules, config.lora, config.training, config.seed, checkpoints)

    def dataset(self, config: Config) -> Dataset:
        """The set that this configuration reads, narrowed as it says; of its retention questions those that the base is known to
        answer right, and all that are asked beside them."""
        if config.data.path not in self._datasets:
            self._datasets[config.data.path] = source.load(config.data.path)
        found = selection.narrowed(self._datasets[config.data.path], config.data)
        right = self._right.get(_asked(config), frozenset())
        return replace(found, known=tuple(item for item in found.known if item.probe != "known" or item.kid in right))

    def ask_the_base(self, trial: Trial, exam: Exam) -> None:
        """Learn what of common knowledge the untouched base knows, which from then on is all of the set's that is asked, and what
        it says to neutral prompts. Once for each way of asking, and only where its model is free of adapters."""
        config = trial.config
        self.dataset(config)
        whole = self._datasets[config.data.path]
        if (key := _asked(config)) not in self._right:
            self._right[key] = exam.right(trial, whole, self.base.model)
        if (key := _neutral(config)) not in self._neutral:
            self._neutral[key] = exam.neutral(trial, whole, self.base.model)
        self.ask_for_beliefs(trial, exam)

    def ask_for_beliefs(self, trial: Trial, exam: Exam) -> None:
        """Learn what the untouched base believes of what level 5 joins with facts; where `ask_the_base` may."""
        self.beliefs.learn(exam, trial, self.dataset(trial.config), self.base.model)

    def neutral(self, config: Config) -> tuple[drift.Row, ...]:
        """The text on which a trial's drift from the base is measured; none where the set has none, or it is not asked for."""
        return self._neutral[_neutral(config)]

    def provenance(self, config: Config, started: str | None) -> dict[str, Any]:
        """Where a result comes from, as far as it is known: a trial may have failed before anything was loaded."""
        found = self._datasets.get(config.data.path)
        digest = found.digest if found is not None else ""
        asked = len(selection.retention(found, None)) if found is not None else None
        items = {"retention_items": asked}  # they would tell what was forgotten
        if self._base is None:
            return items | provenance.collect("none", None, digest, started=started)
        base = self._base
        return items | provenance.collect(
            base.described_device(), base.revision, digest, precision=base.precision, started=started
        )

    def _load(self, config: Config) -> None:
        self._base = None  # its memory is needed
        self._rows.clear()
        self._right.clear()
        self._neutral.clear()
        self.beliefs.clear()
        self._base = bases.of(config)
        self.loads += 1

    def _leave(self) -> None:
        if self.engine is not None:
            self.engine.close()
        self.engine = None

    def _new_engine(self, config: Config) -> Engine:
        if config.training.engine == "reference":
            from sweep.train.reference import Reference  # TRL takes seconds to import

            return Reference(self.base, self._on_step)
        wanted = config.executor.slots
        if wanted != "auto":
            return Packed(self.base, wanted, self._on_step, self._say)
        alike = [one for one in self._expected if _key(one) == _key(config)]
        slots = room.slots(self.base, self.plan(config, Path()), [config, *alike], self._most)
        return Packed(self.base, slots, self._on_step, self._say, adaptive=True)


def _asked(config: Config) -> tuple[Any, ...]:
    """What the answers of a base to the retention questions depend on."""
    return (config.data.path, config.prompt, config.evaluation.questions, config.evaluation.max_new_tokens)


def _neutral(config: Config) -> tuple[Any, ...]:
    """What the neutral text depends on."""
    return (config.data.path, config.prompt, config.evaluation.questions, "drift" in config.evaluation.costs)


def _key(config: Config) -> tuple[Any, ...]:
    """What must agree for two trials to run side by side: the base, and last the engine."""
    return (config.model, config.quantization, config.training.precision, config.training.engine)
