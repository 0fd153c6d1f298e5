"""Samplers and pruners by name: what is decided by itself, which options there are, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from sweep.errors import ConfigFault
from sweep.search.samplers import PRUNERS, SAMPLERS, Plan, build_pruner, build_sampler, plan
from sweep.search.space import Choice, Space

GRID = Space((Choice("lora.rank", (4, 16)),))


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_is_built_by_name(name: str) -> None:
    assert type(build_sampler(Plan(name, 10), 0)) is SAMPLERS[name]


@pytest.mark.parametrize("name", PRUNERS)
@pytest.mark.parametrize("rungs", [1, 2, 8, 100])
def test_every_pruner_is_built_by_name_for_any_number_of_rungs(name: str, rungs: int) -> None:
    options = {"lower": 0.1} if name == "threshold" else {}
    assert type(build_pruner(Plan("random", 10, name, {}, options), rungs)) is PRUNERS[name]


def test_tpe_starts_at_random_for_a_fifth_of_the_trials() -> None:
    assert [build_sampler(Plan("tpe", n), 0)._n_startup_trials for n in (10, 100)] == [8, 20]  # type: ignore[attr-defined]
    chosen = build_sampler(Plan("tpe", 100, sampler_options={"n_startup_trials": 3}), 0)
    assert chosen._n_startup_trials == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"sampler": "tpe", "sampler_options": {"n_startup": 3}},
            "search.sampler_options.n_startup: TPESampler has no such option",
        ),
        ({"sampler": "random", "sampler_options": {"seed": 3}}, "search.sampler_options.seed: RandomSampler has no such option"),
        (
            {"pruner": "halving", "pruner_options": {"reduction": 3}},
            "search.pruner_options.reduction: SuccessiveHalvingPruner has",
        ),
        ({"pruner": "halving", "pruner_options": {"reduction_factor": 1}}, "search.pruner_options: got {'min_resource': 2, "),
        ({"pruner": "threshold"}, "search.pruner_options: got no bound, expected {lower: 0.1} with search.pruner=threshold"),
        ({"pruner": "median", "objectives": 2}, "search.pruner: got median, but with 2 objectives no trial is ahead"),
    ],
)
def test_options_that_do_not_exist_or_fit_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigFault) as caught:
        plan(GRID, **{"sampler": "random", "n_trials": 2, **options})
    assert str(caught.value).startswith(said)
