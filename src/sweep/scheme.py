"""How a request's space is searched: by what, from which baseline on, and over which configurations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sweep.config import Config, plain
from sweep.errors import ConfigFault, Fault, raise_all
from sweep.request import Request
from sweep.search import design
from sweep.search.objective import Objective
from sweep.search.samplers import Plan, most_at_once, plan
from sweep.search.space import Point, overrides

CHECKED_POINTS = 1000  # a discrete space up to this size is composed whole before anything runs


@dataclass(frozen=True)
class Scheme:
    """How a space is searched."""

    how: Plan
    baseline: Point | None  # what everything is compared with, where it is a point of the space
    points: list[Point] | None  # of a grid, in their order; None: a sampler draws them


def scheme(request: Request) -> Scheme:
    """How this request's space is searched. Raises: ConfigFault for a search that cannot be made."""
    objectives = len(Objective.of(request.base.search).goals)
    if request.single:
        return Scheme(Plan("grid", 1, objectives=objectives), {}, [{}])
    wanted, baseline = request.base.search, request.space.baseline(plain(request.base))
    lists = wanted.design != "full"
    if lists and wanted.sampler not in ("auto", "grid"):
        raise ConfigFault(f"search.sampler: got {wanted.sampler}, but search.design={wanted.design} lists its points; type grid")
    sampler = "grid" if lists else wanted.sampler
    options = wanted.pruner, wanted.sampler_options, wanted.pruner_options, objectives
    how = plan(request.space, sampler, wanted.n_trials, *options)
    if how.sampler != "grid":
        most = int(request.space.size) if request.space.discrete else how.n_trials
        return Scheme(replace(how, n_trials=min(how.n_trials, most)), baseline, None)
    points = design.points(request.space, wanted.design, baseline)
    return Scheme(replace(how, n_trials=min(how.n_trials, len(points))), baseline, points)


def configurations(request: Request, listed: Sequence[Point] | None) -> list[Config]:
    """Every configuration that will run, as far as they can be counted; else each value of each axis by itself."""
    space = request.space
    few = len(listed) <= CHECKED_POINTS if listed is not None else space.discrete and space.size <= CHECKED_POINTS
    points = (listed if listed is not None else space.points()) if few else space.edges()
    configs = [request.base]
    faults: list[str] = []
    for point in points:
        try:
            configs.append(request.compose(overrides(point)))
        except Fault as fault:
            faults += fault.faults
    raise_all(ConfigFault, list(dict.fromkeys(faults)))
    return configs


def at_once(request: Request, search: Scheme) -> int | None:
    """Trials at once, so that the search can learn; each seed takes a slot."""
    most = most_at_once(search.how)
    return None if most is None else most * len(request.base.search.seeds or (0,))


def rungs(configs: Sequence[Config]) -> int:
    """Steps by which trials of different length are compared: the epochs of the longest."""
    return max(config.training.epochs for config in configs)
