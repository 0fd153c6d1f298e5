"""Parts of an experiment that ran apart, as one: shares of an axis on several machines, or what a run that was cut off left over.

`python -m bench.knowledge join NAME FILE...`: the first file is of a run with every axis; others may have other values of an axis
or one fixed by `--words`, such as `lora.rank=64`. What two parts trained is taken from the first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from bench.answers import DATA, Answers, Experiment, short
from omegaconf import OmegaConf

from sweep.search.spelling import show

Point = tuple[tuple[str, str], ...]  # axis and value, as `Answers.arm` tells them
SAME = ("experiment", "question", "tune", "model", "quantization", "commit", "device", "precision")


def joined(parts: Sequence[Experiment]) -> Experiment:
    """All answers; a point of the grid that lacks a company or a seed that others have is left out, and `about` says so.

    Raises: SystemExit where parts are not of one experiment, commit and device, or ask a company's questions otherwise.
    """
    first = parts[0]
    for key in SAME:
        if len(told := {str(part.about.get(key)) for part in parts}) > 1:
            raise SystemExit(f"{key}: got {' and '.join(sorted(told))}, expected parts that agree in it")
    axes = [key for key in first.about["space"] if key not in (DATA, "zip", *_bound(first))]
    companies = {name: company for part in reversed(parts) for name, company in part.companies.items()}
    if others := [name for part in parts for name, one in part.companies.items() if one != companies[name]]:
        raise SystemExit(f"{others[0]}: got other questions in another part, expected the same")
    found: dict[tuple[Point, str, int], Answers] = {}
    for part in parts:
        fixed = OmegaConf.from_dotlist(list(part.about["words"]))
        for one in part.answers:
            whole = replace(one, params={key: one.params.get(key, OmegaConf.select(fixed, key)) for key in axes})
            found.setdefault((whole.arm, whole.company, whole.seed), whole)
    space = {key: {show(value): value for part in parts for value in part.about["space"].get(key, ())} for key in axes}
    grid = [tuple(zip(axes, values, strict=True)) for values in product(*space.values())]
    kept, left = _complete(list(found.values()), list(companies), grid)
    about = {
        **first.about,
        "space": {**first.about["space"], **{key: list(values.values()) for key, values in space.items()}},
        "parts": [list(part.about["words"]) for part in parts],
        "left_out": left,
    }
    return Experiment(about, {name: companies[name] for name in first.companies}, tuple(kept))


def _bound(experiment: Experiment) -> list[str]:
    """Axes that go with another one, which tells them apart."""
    return [key for group in experiment.about["space"].get("zip", []) for key in group[1:]]


def _complete(answers: Sequence[Answers], companies: Sequence[str], grid: Sequence[Point]) -> tuple[list[Answers], list[str]]:
    """Those of configurations with every company and every seed, and the names of the others."""
    by_arm: dict[Point, list[Answers]] = defaultdict(list)
    for one in answers:
        by_arm[one.arm].append(one)
    seeds = {one.seed for one in answers}
    whole = {arm for arm in grid if len(by_arm[arm]) == len(seeds) * len(companies)}
    names = [" ".join(f"{short(key)}={value}" for key, value in arm) for arm in grid if arm not in whole]
    return [one for one in answers if one.arm in whole], names
