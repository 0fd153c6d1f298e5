"""Names that are computed: the same experiment has the same key on every machine, another experiment has another.

Left out is what changes how fast a number comes, not which number: executor, tracking, search, folders, the batch of evaluation;
and what is measured beside the levels: arms, costs. That a result of another study may lack a cost, `sweep.recall` minds.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sweep import goals
from sweep.config import Config, plain

SCHEMA_VERSION = 1  # raise it when the same configuration starts to mean another experiment; old results then never match

RULES = ("zip", "exclude", "when")  # what a space says beside its keys
USUAL = {  # keys that came later, as studies from before have them: these keep their names
    "sampler_options": None,
    "pruner_options": None,
    "design": "full",
    "contrasts": {},
    "signal": "objective",
    "measure": "strict",
    "objective_levels": list(goals.USUAL_LEVELS),
    "constraints": goals.USUAL_LIMITS,
}
USUAL_DATA = {"answers": "written", "trained_as": "qa", "joins": None, "reasoning": "none"}  # the same of the group `data`


def canonical_json(value: Any) -> str:
    """One text a value: keys sorted, 7.0 as 7, tuples as lists, dataclasses as their fields.

    Raises: ValueError for NaN and infinities, which equal nothing; TypeError for what JSON cannot hold.
    """
    return json.dumps(_canonical(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def trial_key(config: Config, data_digest: str, model_revision: str | None) -> str:
    """Identity of a trial, with its seed or seeds: 16 hex digits. `data_digest` covers all files that are trained on or asked."""
    experiment = _experiment(config, data_digest, model_revision)
    if config.search.seeds is not None:
        experiment["config"]["seed"] = list(config.search.seeds)
    return _digest(experiment, 16)


def config_key(config: Config, data_digest: str, model_revision: str | None) -> str:
    """Identity of a configuration: the same for all its seeds."""
    experiment = _experiment(config, data_digest, model_revision)
    del experiment["config"]["seed"]
    return _digest(experiment, 16)


def study_id(
    experiment: str | None,
    space: Mapping[str, Any],
    base: Config,
    data_digest: str,
    direction: str = "maximize",
    model_revision: str | None = None,
) -> str:
    """The name of a study's folder: another space, base or data set starts another study; more trials continue it."""
    body = _experiment(base, data_digest, model_revision)
    # the space stands for search.params and its rules, however spelt; where and how long one searches is no part of the question
    spelt = ("params", *RULES)
    ways = (*spelt, "n_trials", "storage", "join", "reuse", "retries", "max_failures", "dry_run", "confirm", "margin")
    body["search"] = {name: value for name, value in plain(base)["search"].items() if name not in ways}
    body["search"]["constraints"] = goals.limits(base.search.constraints)
    body["search"]["objective_levels"] = sorted(base.search.objective_levels)
    for name, usual in USUAL.items():
        if body["search"][name] == usual:
            del body["search"][name]
    body |= {"space": space, "objective": base.search.objective, "direction": direction}
    name = re.sub(r"[^\w.-]+", "_", experiment or "").strip("._") or "sweep"
    return f"{name}-{_digest(body, 8)}"


def _experiment(config: Config, data_digest: str, model_revision: str | None) -> dict[str, Any]:
    """The configuration without what is volatile, and with digests in the place of paths."""
    kept = plain(config)
    for group in ("executor", "tracking", "search", "output_dir"):
        del kept[group]
    for key in ("batch_size", "retrieval", "costs", "judge"):
        del kept["evaluation"][key]
    kept["evaluation"]["arms"] = ["base"]  # what is measured beside the trials changes none; it stood in names when there was one
    del kept["data"]["path"]
    kept["data"] = {key: value for key, value in kept["data"].items() if key not in USUAL_DATA or value != USUAL_DATA[key]}
    kept["data"]["mix"]["path"] = _portable(config.data.mix.path)
    if config.data.mix.known is None:  # any row, as it was when there was no such key
        del kept["data"]["mix"]["known"]
    kept["model"]["source"] = _portable(config.model.source)
    if model_revision is not None:
        kept["model"]["revision"] = model_revision  # what `main` stood for
    return {"schema": SCHEMA_VERSION, "config": kept, "data": data_digest}


def _portable(path: str | None) -> str | None:
    """A file's name without the folders of one machine; hub ids and relative paths as they are."""
    return Path(path).name if path is not None and (Path(path).is_absolute() or path.startswith("~")) else path


def _digest(value: Any, digits: int) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:digits]


def _canonical(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _canonical(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"kind": type(value).__name__, **fields}
    if isinstance(value, Mapping):
        return {str(key): _canonical(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(inner) for inner in value]
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if value.is_integer() else float(value)
    return value
