"""A search over everything as an experiment of its own: a study a company, and what its recipe is worth beside the default one.

`python -m bench.knowledge run hyperparameters` comes here; the page is that of every experiment, with an axis `recipe`. Both
recipes are trained with the same fresh seeds, which had no part in the choice, and answer test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.answers import Answers, Experiment, Run, answers_of, company_of, completed, provenance, short

from sweep.report.confirmed import OVER, RECORD, STAGE
from sweep.report.names import shown
from sweep.report.rows import markdown
from sweep.search.spelling import show
from sweep.track import folder
from sweep.trial import State

RECIPE, DEFAULT, FOUND = "recipe", "default", "found"


def seeds(studies: Mapping[str, Path]) -> list[int]:
    """Those that all companies' recipes were confirmed with. Raises: SystemExit where one is not confirmed, or with others."""
    told = {name: _confirmed(root) for name, root in studies.items()}
    if missing := [name for name, one in told.items() if one is None or one["chosen"] is None]:
        raise SystemExit(f"{', '.join(missing)}: got a search that is not confirmed; run the same command again, it goes on")
    (found,) = {tuple(one["seeds"]) for one in told.values() if one is not None}
    return list(found)


def collected(studies: Mapping[str, Path], default: Path, about: Mapping[str, Any]) -> Experiment:
    """What each company's chosen recipe and the default one answered on test, seed by seed."""
    usual = [Run.of(place, body) for place, body in completed(default)]
    companies, answers = {}, list[Answers]()
    recipes, searches = dict[str, Mapping[str, Any]](), dict[str, dict[str, str]]()
    for name, root in studies.items():
        body, chosen = _chosen(root)
        runs = {FOUND: chosen, DEFAULT: [run for run in usual if run.name == name]}
        companies[name] = company_of([run for same in runs.values() for run in same])
        for recipe, same in runs.items():
            answers += [replace(answers_of(run, companies[name], []), params={RECIPE: recipe}) for run in same]
        recipes[name], searches[name] = body["params"], _searched(root)
    return Experiment({**about, **provenance(usual), "recipes": recipes, "searches": searches}, companies, tuple(answers))


def table(recipes: Mapping[str, Mapping[str, Any]], searches: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """What the search did and chose for each company; drawn numbers in 4 digits, whole beside the page."""
    axes = list(next(iter(recipes.values())))
    lines = [["company", *next(iter(searches.values())), *(short(key) for key in axes)]]
    for name, chosen in recipes.items():
        lines.append([name, *searches[name].values(), *(_told(chosen.get(key)) for key in axes)])
    yield markdown(lines).rstrip("\n")


def _told(value: Any) -> str:
    """As it is typed, but a drawn number in 4 digits; `–` for an axis that does not exist there."""
    return "–" if value is None else shown(value) if isinstance(value, float) else show(value)


def _confirmed(root: Path) -> dict[str, Any] | None:
    """The record of a confirmation that is over."""
    file = root / RECORD
    body: dict[str, Any] | None = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
    return body if body is not None and body[OVER] else None


def _chosen(root: Path) -> tuple[Mapping[str, Any], Sequence[Run]]:
    """The trial that was chosen, and its runs on test: the answers of each seed's adapter, what training it took beside them."""
    told = _confirmed(root)
    assert told is not None, "seeds() has seen that it is there"
    place = root / STAGE / f"{told['chosen']:04d}"
    whole = folder.read_result(place)
    assert whole is not None, f"{place} was chosen, so it was completed"
    return whole, [_on_test(place / f"s{seed}") for seed in told["seeds"]]


def _searched(root: Path) -> dict[str, str]:
    """How many of its trials were stopped early, and whether fresh seeds chose what the search itself had as its best."""
    told, bodies = _confirmed(root), folder.results(root).values()
    assert told is not None, "seeds() has seen that it is there"
    stopped = sum(one["state"] == State.PRUNED for one in bodies)
    first = "yes" if told["chosen"] == told["finalists"][0] else "no"
    return {"stopped early": f"{stopped} of {len(bodies)}", "best before fresh seeds too": first}


def _on_test(place: Path) -> Run:
    """A finalist answers test as an arm; what its training took, and what it left of what the base knew, its seed tells."""
    arm = json.loads((place / "test" / folder.ARM).read_text(encoding="utf-8"))
    trained = json.loads((place / folder.SEED).read_text(encoding="utf-8"))
    return Run.of(place / "test", {**arm, **{name: trained[name] for name in ("train", "levels", "costs")}})
