"""What is wrong with the overrides of a command line, all of it in one message, before Hydra is asked to run anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.types import ChoiceSweep, Override, QuotedString

from sweep.cli import grammar
from sweep.cli.compose import container, with_first_values
from sweep.config import Config, flat_keys, plain
from sweep.data import source
from sweep.demands import read
from sweep.errors import ConfigFault, DataFault, did_you_mean, raise_all
from sweep.search import design
from sweep.search.space import Axis, Choice

REFUSED = {
    "hydra/launcher": "trials are not launched by Hydra; choose where they run with executor=local",
    "hydra/sweeper": "a search is configured with search.sampler=grid|random|tpe",
    "hydra.sweeper.params": "axes stand under search.params of an experiment, or on the command line: lora.rank=4,16,64 -m",
    "search.params": "an axis is swept on the command line by its own key: lora.rank=4,16,64 -m",
}

NO_LIMITS = "type search.constraints=null for no constraint"
NAMELESS = "a study names none where no trial reaches search.constraints"
NO_AXIS = "changes how a study runs and not what a trial is; expected one value"
JUDGED_LATER = ("model", "lora", "output_dir", "best")  # typed, they may be wrong too, and all that is wrong is told together


def check(conf: Path, version_base: str, overrides: Sequence[str], *, multirun: bool, composes: bool, runs: bool = False) -> None:
    """Raise ConfigFault with every unknown key, group, option and value; nothing is written.

    `composes`: also compose the whole configuration and read it (not for `--help`, which may show an incomplete one). `runs`: it
    is run next, so raise DataFault too where `data.path` names nothing.
    """
    with initialize_config_dir(config_dir=str(conf), version_base=version_base):
        loader = GlobalHydra.instance().config_loader()
        swept, fixed = grammar.split(overrides)
        keys = flat_keys(container(compose("config")))
        raise_all(ConfigFault, [*_refused(fixed, swept), *_unknown(loader, keys, [*fixed, *swept])])
        if swept and not multirun:
            names = ", ".join(override.key_or_group for override in swept)
            raise ConfigFault(f"{names}: got several values, which is a sweep; add -m")
        if composes:
            composed = with_first_values(container(compose("config", overrides=[str(o.input_line) for o in fixed])), swept)
            raise_all(ConfigFault, list(_misplaced(composed, fixed)))
            config = read(composed)
            axes = grammar.axes(config.search.params, swept, fixed)
            raise_all(ConfigFault, list(_two_seeds(config.search.seeds, axes, fixed)))
            raise_all(ConfigFault, list(_unknown_axes(axes, config.search.params, [*keys, *loader.list_groups("")])))
            if multirun:  # a single trial has no space, whatever its experiment would sweep
                design.check(grammar.space(config.search, swept, fixed), config.search.design, plain(config))
            if runs and not any(override.key_or_group.startswith(JUDGED_LATER) for override in (*fixed, *swept)):
                raise_all(DataFault, list(_absent(config, axes)))


def _absent(config: Config, axes: Sequence[Axis]) -> Iterator[str]:
    """A line for each path of data where there is nothing. `sweep.preflight` would find it too, seconds of loading later."""
    swept = [axis.values for axis in axes if axis.key == "data.path" and isinstance(axis, Choice)]
    for path in swept[0] if swept else (config.data.path,):
        try:
            source.place(str(path))
        except DataFault as fault:
            yield from fault.faults


def _refused(*groups: Sequence[Override]) -> Iterator[str]:
    for override in (one for group in groups for one in group):
        for key, words in REFUSED.items():
            if override.key_or_group == key or override.key_or_group.startswith(f"{key}."):
                yield f"{override.input_line}: {words}"
        if override.key_or_group == "experiment" and override.is_sweep_override():
            yield f"{override.input_line}: got several experiments, expected one"
        elif override.key_or_group == "search.constraints" and override.value() == {}:
            yield f"{override.input_line}: Hydra adds a group's entries to those that are there, and these are none; {NO_LIMITS}"
        elif override.is_sweep_override() and _is_no_axis(override.key_or_group):
            yield f"{override.input_line}: {NO_AXIS}"


def _unknown(loader: ConfigLoader, keys: Sequence[str], overrides: Sequence[Override]) -> Iterator[str]:
    """A line for each key, group or option that does not exist, with the nearest that does."""
    groups = loader.list_groups("")
    for override in overrides:
        name = override.key_or_group
        if name.startswith(("hydra", "search.params", "search.constraints.")):  # Hydra's to judge, refused, the configuration's
            continue
        if name in groups:
            yield from _unknown_option(loader, override)
            if name == "experiment" and not override.is_add():
                yield f"{override.input_line}: type +{override.input_line}, since no experiment is chosen by default"
        elif name == "best":
            yield f"{override.input_line}: no study here has named a best trial, so none can be run by name; {NAMELESS}"
        elif name not in keys:
            yield f"{name}: unknown key{_nearest(name, [*keys, *groups])}"


def _unknown_option(loader: ConfigLoader, override: Override) -> Iterator[str]:
    name = override.key_or_group
    options = loader.get_group_options(name, ObjectType.CONFIG)
    value = override.value()
    if override.is_sweep_override() and not isinstance(value, ChoiceSweep):
        yield f"{override.input_line}: expected options by name, such as {name}={','.join(options[:2])}"
        return
    for chosen in value.list if isinstance(value, ChoiceSweep) else [value]:
        option = chosen.text if isinstance(chosen, QuotedString) else chosen
        if option is not None and str(option) not in options:
            nameless = f" ({NAMELESS})" if name == "best" else ""
            yield f"{name}: got {option}{nameless}{did_you_mean(str(option), options)}"


def _misplaced(composed: Mapping[str, Any], fixed: Sequence[Override]) -> Iterator[str]:
    """An experiment whose file does not begin with its package header lands under a key `experiment`, where nobody reads it."""
    if "experiment" in composed:
        chosen = next((override.value() for override in fixed if override.key_or_group == "experiment"), "*")
        yield f"conf/experiment/{chosen}.yaml: expected `# @package _global_` as its first line; Hydra reads no header below it"


def _unknown_axes(axes: Sequence[Axis], params: Mapping[str, Any], keys: Sequence[str]) -> Iterator[str]:
    """A line for each axis of `search.params` whose key does not exist; those of the command line are looked at before."""
    for axis in axes:
        if axis.key in params and _is_no_axis(axis.key):
            yield f"search.params.{axis.key}: {NO_AXIS}"
        elif axis.key in params and axis.key not in keys:
            yield f"search.params.{axis.key}: unknown key{_nearest(axis.key, keys)}"


def _two_seeds(seeds: Sequence[int] | None, axes: Sequence[Axis], fixed: Sequence[Override]) -> Iterator[str]:
    """`search.seeds` takes the place of the key `seed`, which can then be neither swept nor set."""
    if seeds is not None and any(axis.key == "seed" for axis in axes):
        yield f"search.seeds: got {list(seeds)}, but seed is an axis of this sweep too; type search.seeds=null, or take it away"
    elif seeds is not None and any(override.key_or_group == "seed" for override in fixed):
        yield f"search.seeds: got {list(seeds)}, but seed is set too; type search.seeds=null, or take seed away"


def _is_no_axis(key: str) -> bool:
    """True for keys that change how a study runs and not what a trial is: swept, they would give the same trial many times."""
    return key.partition(".")[0] in ("search", "executor", "tracking", "output_dir") or key.startswith(
        ("evaluation.batch_size", "evaluation.judge")
    )


def _nearest(name: str, keys: Sequence[str]) -> str:
    """The nearest key; where none is near, how to see them all."""
    return did_you_mean(name, keys) or "; python -m sweep --cfg job shows all keys"
