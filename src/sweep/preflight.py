"""What a Worker will need, looked at before anything is written: data, levels, rows, linear layers. No weights are read."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sweep import selection
from sweep.config import Config
from sweep.data import check as data_check
from sweep.data import records
from sweep.data.records import Dataset
from sweep.errors import DataFault, Fault, raise_all
from sweep.model import base
from sweep.model.layers import Layers
from sweep.search.study import opened_storage


@dataclass
class Ground:
    """Data sets and linear layers already looked at, so that a hundred configurations cost one look."""

    datasets: dict[str, Dataset] = field(default_factory=dict)
    layers: dict[tuple[str, str | None], Layers] = field(default_factory=dict)

    def dataset(self, config: Config) -> Dataset:
        """The whole data set of a configuration. Raises: DataFault for a set that cannot be read or does not hold together."""
        path = config.data.path
        if path not in self.datasets:
            loaded = records.load(path)
            raise_all(DataFault, data_check.check(loaded).faults)
            self.datasets[path] = loaded
        return self.datasets[path]

    def trainable(self, config: Config) -> int:
        """Number of adapter parameters a configuration trains. Raises: ModelFault for a model or targets that do not exist."""
        key = (config.model.source, config.model.revision)
        if key not in self.layers:
            self.layers[key] = base.inspect(*key)
        layers, lora = self.layers[key], config.lora
        return layers.trainable(layers.select(lora.targets, lora.layers, lora.lm_head), lora.rank)

    def faults(self, config: Config) -> list[str]:
        """Everything that would stop a trial of this configuration, from the data and from the model."""
        looks: list[Callable[[], object]] = [lambda: self._check_data(config), lambda: self.trainable(config)]
        found: list[str] = []
        for look in looks:
            try:
                look()
            except Fault as fault:
                found += fault.faults
        return found

    def _check_data(self, config: Config) -> None:
        dataset = selection.narrowed(self.dataset(config), config.data)
        raise_all(DataFault, selection.missing_levels(dataset, config.evaluation.levels, config.evaluation.splits))
        selection.training_rows(dataset, config.data, config.seed)


def check(configs: Sequence[Config]) -> Ground:
    """Look at what every configuration needs. Raises: one Fault with everything that is wrong, each line once."""
    ground = Ground()
    found = [fault for config in configs for fault in ground.faults(config)]
    found += [fault for config in configs for fault in unwritable(config.output_dir)]
    raise_all(Fault, list(dict.fromkeys(found)))
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
