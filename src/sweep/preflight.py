"""What a Worker will need, looked at before anything is written: data, levels, rows, linear layers. No weights are read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sweep import selection
from sweep.config import Config
from sweep.data import check as data_check
from sweep.data import mix, prompts, tokens
from sweep.data.records import Dataset, TrainRow
from sweep.data.tokens import TokenRow
from sweep.errors import DataFault, Fault, ModelFault, raise_all
from sweep.evaluate import probes
from sweep.goals import goals
from sweep.model import base
from sweep.model.layers import Layers
from sweep.search.storage import opened_storage

T = TypeVar("T")


@dataclass
class Ground:
    """What was looked at already, so that a hundred configurations cost one look at each data set and each model."""

    datasets: dict[str, Dataset] = field(default_factory=dict)
    faulty: dict[str, tuple[str, ...]] = field(default_factory=dict)  # what is wrong with the others, by the same path
    ready: dict[tuple[str, str | None], bool] = field(default_factory=dict)
    layers: dict[tuple[str, str | None], Layers] = field(default_factory=dict)
    revisions: dict[tuple[str, str | None], str] = field(default_factory=dict)
    tokenizers: dict[tuple[str, str | None], Any] = field(default_factory=dict)
    chosen: dict[tuple[Any, ...], tuple[TrainRow, ...]] = field(default_factory=dict)  # by model, data, seed
    tokenised: dict[tuple[Any, ...], tuple[TokenRow, ...]] = field(default_factory=dict)  # by model, data, prompt, length, seed
    notes: list[str] = field(default_factory=list)  # what a user should know and may want

    def dataset(self, config: Config) -> Dataset:
        """The whole data set of a configuration. Raises: DataFault for a set that cannot be read or does not hold together."""
        path = config.data.path
        if path in self.faulty:
            raise DataFault(*self.faulty[path])
        if path not in self.datasets:
            try:
                loaded, _ = data_check.sound(path)
            except DataFault as fault:
                self.faulty[path] = fault.faults
                raise
            self.notes += loaded.notes
            self.datasets[path] = loaded
        return self.datasets[path]

    def digest(self, config: Config) -> str:
        """Identity of everything a configuration trains on and is asked: the set, and the file of mixed rows where it is used."""
        digest = self.dataset(config).digest
        asked = config.data.mix
        if not asked.rows or asked.path is None:
            return digest
        return hashlib.sha256(digest.encode() + mix.digest(asked.path, asked.known, config.model.name)).hexdigest()

    def revision(self, config: Config) -> str:
        """Identity of a configuration's base: what `main`, or a folder, stands for today."""
        return self._once(self.revisions, config, base.identify)

    def costs(self, config: Config) -> tuple[str, ...]:
        """The figures of what training cost that trials of a configuration will have."""
        return probes.figures(selection.narrowed(self.dataset(config), config.data), config.evaluation.costs)

    def trainable(self, config: Config) -> int:
        """Number of adapter parameters a configuration trains. Raises: ModelFault for a model or targets that do not exist."""
        layers, lora = self.found_layers(config), config.lora
        return layers.trainable(layers.select(lora.targets, lora.layers, lora.lm_head), lora.rank)

    def found_layers(self, config: Config) -> Layers:
        """The linear layers of a configuration's base."""
        return self._once(self.layers, config, base.inspect)

    def _once(self, seen: dict[tuple[str, str | None], T], config: Config, look: Callable[[str, str | None], T]) -> T:
        key = (config.model.source, config.model.revision)
        if key not in seen:
            seen[key] = look(*key)
        return seen[key]

    def faults(self, config: Config) -> list[str]:
        """Everything that would stop a trial of this configuration, from the data and from the model."""
        found = self.data_faults(config)
        return list(dict.fromkeys([*found, *self.model_faults(config, convert=not found)]))

    def data_faults(self, config: Config) -> list[str]:
        """What is wrong with the data, as far as it shows without the model."""
        return _told(lambda: self._check_data(config))

    def model_faults(self, config: Config, *, convert: bool) -> list[str]:
        """What is wrong with the model, its targets, and the data as its tokenizer reads them.

        `convert` False: something is wrong already, and no base is converted for half a minute only to find more.
        """
        if not convert:
            try:
                ready = self._once(self.ready, config, lambda source, _: base.at_hand(source))
            except ModelFault as fault:
                return list(fault.faults)
            if not ready:
                return []
        return _told(lambda: self.trainable(config), lambda: self._check_rows(config))

    def _check_data(self, config: Config) -> None:
        dataset = selection.narrowed(self.dataset(config), config.data)
        splits = dict.fromkeys([*config.evaluation.splits, *(["test"] if config.search.confirm.top else [])])
        few = "" if config.data.facts is None else f" with data.facts={config.data.facts}"
        missing = selection.missing_levels(dataset, config.evaluation.levels, splits, few)
        if not dataset.partial:
            raise_all(DataFault, missing)
        else:
            self._check_objective(config, dataset)
        self._chosen(config)

    def _check_rows(self, config: Config) -> None:
        """Rows and answers in tokens."""
        if _rows_key(config) not in self.tokenised:
            self.rows(config)
            self._check_answers(config, selection.narrowed(self.dataset(config), config.data))

    def check_mix(self, configs: Sequence[Config]) -> None:
        """Rows that are named and nowhere mixed in are worth a note."""
        named = {config.data.mix.path for config in configs} - {None}
        if named and not any(config.data.mix.rows for config in configs):
            self.notes.append(f"data.mix.path={min(map(str, named))} has no effect: data.mix.rows is 0; type data.mix.rows=100")

    def _check_objective(self, config: Config, dataset: Dataset) -> None:
        """A set that lacks levels is judged by those that it has; raises DataFault where nothing is left to judge by."""
        asked = {f"L{item.level}" for item in dataset.items(split="dev") if item.level in config.evaluation.levels}
        if not asked:
            has, got = sorted({item.level for item in dataset.items(split="dev")}), list(config.evaluation.levels)
            raise DataFault(f"evaluation.levels: none of {got} has a dev question in {dataset.name} ({has})")
        only = ", ".join(sorted(asked))
        for goal in goals(config.search.objective, config.search.objective_levels):
            if asked & {level for level, _ in goal.weights}:
                continue
            if not goal.falls_back:
                raise DataFault(f"search.objective: got {goal.name}, but {dataset.name} has questions of {only} only")
            note = f"the objective is taken over {only}, which is what {dataset.name} asks"
            self.notes += [note] if note not in self.notes else []

    def rows(self, config: Config) -> tuple[TokenRow, ...]:
        """What a configuration trains on. Raises: DataFault for rows that would lose their end."""
        key = _rows_key(config)
        if key not in self.tokenised:
            rows = self._chosen(config)
            tokenizer = self._once(self.tokenizers, config, base.load_tokenizer)
            prompt = prompts.build(tokenizer, config.prompt.template, config.prompt.system)
            longest, ends = config.training.max_length, config.data.end_token_in_labels
            self.tokenised[key] = tokens.tokenise(rows, tokenizer, prompt, longest, ends)
        return self.tokenised[key]

    def _chosen(self, config: Config) -> tuple[TrainRow, ...]:
        """The same as text. Raises: DataFault where the set or the file of mixed rows cannot give what is asked for."""
        key = (config.model, config.data, config.seed)
        if key not in self.chosen:
            dataset = selection.narrowed(self.dataset(config), config.data)
            self.chosen[key] = selection.training_rows(dataset, config.data, config.seed, config.model)
        return self.chosen[key]

    def _check_answers(self, config: Config, dataset: Dataset) -> None:
        """Right answers longer than what may be generated are worth a note."""
        tokenizer = self._once(self.tokenizers, config, base.load_tokenizer)
        room = config.evaluation.max_new_tokens
        longest = max((len(tokens.encode(tokenizer, item.gold)) + 1 for item in dataset.eval), default=0)
        note = f"the longest right answer has {longest} tokens, evaluation.max_new_tokens is {room}: longer ones cannot be right"
        if longest > room and note not in self.notes:
            self.notes.append(note)


def _rows_key(config: Config) -> tuple[Any, ...]:
    """What the token rows of a configuration depend on."""
    return (config.model, config.data, config.prompt, config.training.max_length, config.seed)


def _told(*looks: Callable[[], object]) -> list[str]:
    """What these looks find wrong, each of them to its own first fault."""
    found: list[str] = []
    for look in looks:
        try:
            look()
        except Fault as fault:
            found += fault.faults
    return found


def check(configs: Sequence[Config]) -> Ground:
    """Look at what every configuration needs, models last, since one may have to be converted first.

    Raises: one Fault with everything that is wrong, each line once.
    """
    ground = Ground()
    found = [fault for config in configs for fault in (*ground.data_faults(config), *unwritable(config.output_dir))]
    found += [fault for config in configs for fault in ground.model_faults(config, convert=not found)]
    raise_all(Fault, list(dict.fromkeys(found)))
    ground.check_mix(configs)
    for storage in {config.search.storage for config in configs} - {None}:
        opened_storage(str(storage))  # last, since looking creates a SQLite file
    return ground


def unwritable(output_dir: str) -> list[str]:
    """A fault where the folder of results cannot be made."""
    folder = Path(output_dir).absolute()
    present = next(place for place in (folder, *folder.parents) if place.exists())
    if present.is_dir() and os.access(present, os.W_OK):
        return []
    reason = "may not be written" if present.is_dir() else "is no folder"
    return [f"output_dir: got {output_dir}, expected a folder that can be made, but {present} {reason}"]
