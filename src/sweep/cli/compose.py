"""From Hydra's composed configuration to a Request: the last file that sees Hydra."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sweep.address import masked
from sweep.cli import grammar
from sweep.config import Config, plain
from sweep.demands import read
from sweep.errors import ConfigFault
from sweep.reading import MISSING
from sweep.request import Fair, Request
from sweep.search import design
from sweep.search.space import Choice, Space


def request(master: DictConfig, loader: ConfigLoader, arguments: Sequence[str]) -> Request:
    """The study that the command line asks for."""
    swept, fixed = grammar.split(arguments)
    words = [str(override.input_line) for override in fixed]

    @cache  # every point is composed when the space is checked and again when its trial starts; Hydra takes a fifth of a second
    def compose(overrides: tuple[str, ...]) -> Config:
        try:
            return read(container(loader.load_sweep_config(master, [*words, *overrides])))
        except (HydraException, OmegaConfBaseException) as error:
            raise ConfigFault(f"{' '.join(overrides)}: {first_lines(error)}") from error

    experiment = master.hydra.runtime.choices.get("experiment")
    base = read(with_first_values(container(master), swept))
    axes = grammar.axes(base.search.params, swept, fixed)
    space = grammar.space(base.search, swept, fixed)
    overridden = [key for key in base.search.params if key not in {axis.key for axis in axes}]
    absent = [axis.key for axis in axes if axis.key not in space.keys]
    return Request(
        experiment=experiment,
        question=question(loader, experiment),
        base=base,
        space=space,
        compose=lambda overrides: compose(tuple(overrides)),
        overrides=tuple(masked(word) for word in words),
        hydra=hydra_node(master),
        notes=(
            *(f"{key} is fixed on the command line and not swept" for key in overridden),
            *(f"{key} is not swept: with what is fixed on the command line, search.when leaves it out" for key in absent),
        ),
        fair=_fair(master, loader, experiment, fixed),
    )


def container(composed: DictConfig) -> dict[str, Any]:
    """The resolved configuration as plain data, without Hydra's own node; a value still to be given stays `???`."""
    found = OmegaConf.to_container(OmegaConf.masked_copy(composed, [key for key in composed if key != "hydra"]), resolve=True)
    assert isinstance(found, dict), "a configuration is a mapping"
    return {str(key): value for key, value in found.items()}


def with_first_values(composed: dict[str, Any], swept: Sequence[Override]) -> dict[str, Any]:
    """The base of a sweep over a key that has no default: the first of its values stands in for it."""
    for axis in grammar.axes({}, swept, []):
        *groups, name = axis.key.split(".")
        node: Any = composed
        for group in groups:
            node = node.get(group, {})
        if isinstance(axis, Choice) and isinstance(node, dict) and node.get(name) == MISSING:
            node[name] = axis.values[0]
    return composed


def first_lines(error: BaseException) -> str:
    """Hydra's message in one line, without its hints about other commands of its own."""
    lines = [line.strip().rstrip(".") for line in str(error).splitlines() if line.strip()]
    cause = [str(error.__cause__).splitlines()[0]] if error.__cause__ is not None and str(error.__cause__) else []
    return "; ".join(dict.fromkeys([*lines[:3], *cause]))


def hydra_node(composed: DictConfig) -> dict[str, Any]:
    """What .hydra/hydra.yaml keeps: how the configuration came about, without paths of this machine and without passwords."""
    hydra = composed.hydra
    return {
        "overrides": {kind: [masked(word) for word in words] for kind, words in hydra.overrides.items()},
        "runtime": {"version": hydra.runtime.version, "choices": OmegaConf.to_container(hydra.runtime.choices)},
    }


def question(loader: ConfigLoader, experiment: str | None) -> str | None:
    """The question in line 2 of the experiment's file."""
    for source in loader.get_search_path().get_path():
        file = Path(str(source.path).removeprefix("file://")) / "experiment" / f"{experiment}.yaml"
        if experiment and file.is_file():
            lines = file.read_text(encoding="utf-8").splitlines()
            return next((line.removeprefix("# Question:").strip() for line in lines if line.startswith("# Question:")), None)
    return None


def _fair(master: DictConfig, loader: ConfigLoader, experiment: str | None, fixed: Sequence[Override]) -> Fair | None:
    """The version of an experiment that may be believed, where there is one: `<experiment>_tuned`, with the same fixed values."""
    tuned = f"{experiment}_tuned"
    if experiment is None or tuned not in loader.get_group_options("experiment"):
        return None
    rest = [override for override in fixed if override.key_or_group != "experiment"]
    words = [f"+experiment={tuned}", *(str(override.input_line) for override in rest)]
    config = read(container(loader.load_sweep_config(master, words)))
    try:
        space = grammar.space(config.search, [], rest)
        points = len(design.points(space, config.search.design, space.baseline(plain(config)))) if space.discrete else 0
    except ConfigFault:  # what is fixed here cannot be fixed there: there is nothing to recommend
        return None
    trials = points * len(config.search.seeds or (config.seed,))
    return Fair(f"python -m sweep {words[0]} -m {shlex.join(map(masked, words[1:]))}".strip(), trials) if trials else None


def single(composed: DictConfig, hydra: Any) -> Request:
    """The study of one trial that a run without -m asks for: an empty space."""
    base = read(container(composed))
    swept = ", ".join(base.search.params)
    notes = (f"search.params ({swept}) is not swept: this is a single trial; add -m for the sweep",) if swept else ()
    return Request(
        experiment=None,
        question=None,
        base=base,
        space=Space(()),
        compose=lambda overrides: base,
        overrides=tuple(masked(word) for word in hydra.overrides.task),
        hydra=hydra_node(OmegaConf.create({"hydra": hydra})),
        notes=notes,
        fair=None,
        single=True,
    )
