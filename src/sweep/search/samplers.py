"""How a space is searched: samplers and pruners by name, with every `auto` decided. Names and options are plain data."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna import pruners, samplers
from optuna.exceptions import ExperimentalWarning

from sweep.errors import ConfigFault, did_you_mean
from sweep.search.space import Choice, Space

GRID_LIMIT = 200  # `auto` enumerates a discrete space up to this many points
ADAPTIVE = ("tpe", "gp", "nsga2")  # what they ask for depends on what was found
HALVINGS = 4  # by default, `halving` judges first at this share of a trial's epochs (1/4), then at 1/2
NOT_OPTIONS = frozenset(
    {"self", "seed", "constraints_func", "wrapped_pruner", "independent_sampler", "gamma", "weights", "mutation", "crossover"}
)
SAMPLERS: dict[str, type[samplers.BaseSampler]] = {
    "random": samplers.RandomSampler,
    "tpe": samplers.TPESampler,
    "gp": samplers.GPSampler,
    "qmc": samplers.QMCSampler,
    "nsga2": samplers.NSGAIISampler,
}
PRUNERS: dict[str, type[pruners.BasePruner]] = {
    "none": pruners.NopPruner,
    "median": pruners.MedianPruner,
    "halving": pruners.SuccessiveHalvingPruner,
    "hyperband": pruners.HyperbandPruner,
    "patient": pruners.PatientPruner,
    "threshold": pruners.ThresholdPruner,
}


@dataclass(frozen=True)
class Plan:
    """How a space is searched."""

    sampler: str  # grid, or a name of SAMPLERS
    n_trials: int  # total of the study
    pruner: str = "none"
    sampler_options: Mapping[str, Any] = field(default_factory=dict)
    pruner_options: Mapping[str, Any] = field(default_factory=dict)
    objectives: int = 1


def plan(
    space: Space,
    sampler: str,
    n_trials: int | None,
    pruner: str = "none",
    sampler_options: Mapping[str, Any] | None = None,
    pruner_options: Mapping[str, Any] | None = None,
    objectives: int = 1,
) -> Plan:
    """Decide the sampler and the total number of trials.

    Raises: ConfigFault for an empty space, a grid over a continuous axis, no total where the space has no end, options that do
    not exist, a pruner with several objectives.
    """
    if not space.axes:
        typed = "type for example lora.rank=4,16,64 -m, or +experiment=layer_ablation -m"
        raise ConfigFault(f"search.params: got an empty space; {typed}")
    if sampler == "grid" and not space.discrete:
        spans = [axis.key for axis in space.axes if not isinstance(axis, Choice)]
        continuous = f"{', '.join(spans)} {'is' if len(spans) == 1 else 'are'} continuous"
        raise ConfigFault(f"search.sampler: got grid, but {continuous}; list values, or take tpe or random")
    if n_trials is None and not space.discrete:
        raise ConfigFault("search.n_trials: got null, expected a number, since the space has a continuous axis and no end")
    if pruner != "none" and objectives > 1:
        raise ConfigFault(
            f"search.pruner: got {pruner}, but with {objectives} objectives no trial is ahead of another; type search.pruner=none"
        )
    if sampler == "auto":
        sampler = "grid" if space.discrete and space.size <= GRID_LIMIT else "tpe"
    total = int(space.size) if n_trials is None else n_trials
    total = min(total, int(space.size)) if sampler == "grid" else total
    found = Plan(sampler, total, pruner, dict(sampler_options or {}), dict(pruner_options or {}), objectives)
    build_sampler(found, 0)
    build_pruner(found, 8)
    return found


def most_at_once(how: Plan) -> int:
    """Trials that may run at once: whatever learns from trials must have heard of some before it judges the next."""
    learns = how.sampler in ADAPTIVE or how.pruner != "none"
    return max(1, how.n_trials // 4) if learns else max(1, how.n_trials)


def build_sampler(how: Plan, seed: int) -> samplers.BaseSampler:
    """Raises: ConfigFault for options that the sampler does not have. A grid's points are never drawn."""
    if how.sampler == "grid":
        return samplers.RandomSampler(seed=seed)
    options = dict(how.sampler_options)
    if how.sampler == "tpe" and "n_startup_trials" not in options:
        options["n_startup_trials"] = max(8, how.n_trials // 5)
    if how.sampler == "qmc":
        options = {"scramble": True, "warn_asynchronous_seeding": False, "warn_independent_sampling": False} | options
    built: samplers.BaseSampler = _built(SAMPLERS[how.sampler], "search.sampler_options", options, {"seed": seed})
    return built


def build_pruner(how: Plan, rungs: int) -> pruners.BasePruner:
    """`rungs`: steps at which the longest trial is judged. Raises: ConfigFault for options that the pruner does not have."""
    defaults: dict[str, dict[str, Any]] = {
        "median": {"n_startup_trials": 4},
        "halving": {"min_resource": max(1, rungs // HALVINGS), "reduction_factor": 2},
        "hyperband": {"min_resource": 1, "max_resource": rungs, "reduction_factor": 2},
        "patient": {"patience": max(1, rungs // 4)},
    }
    if how.pruner == "threshold" and not {"lower", "upper"} & how.pruner_options.keys():
        raise ConfigFault(
            "search.pruner_options: got no bound, expected {lower: 0.1} with search.pruner=threshold: trials below it are stopped"
        )
    fixed = {"wrapped_pruner": None} if how.pruner == "patient" else {}
    options = defaults.get(how.pruner, {}) | dict(how.pruner_options)
    built: pruners.BasePruner = _built(PRUNERS[how.pruner], "search.pruner_options", options, fixed)
    return built


def _built(cls: Any, key: str, options: Mapping[str, Any], fixed: Mapping[str, Any]) -> Any:
    known = [name for name in inspect.signature(cls.__init__).parameters if name not in NOT_OPTIONS]
    for name in options:
        if name not in known:
            raise ConfigFault(f"{key}.{name}: {cls.__name__} has no such option{did_you_mean(str(name), known)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            return cls(**fixed, **options)
    except (TypeError, ValueError) as error:
        raise ConfigFault(f"{key}: got {dict(options)}: {error}") from error


optuna.logging.set_verbosity(optuna.logging.WARNING)  # what it tells of a study, our own view tells better
