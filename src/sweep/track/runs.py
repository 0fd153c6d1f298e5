"""What MLflow is told about a trial, as plain names and values: params, metrics by step, the data set. Knows no connection."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

from sweep import goals
from sweep.config import plain
from sweep.track.folder import LOSS, is_seed
from sweep.trial import Outcome, Trial

NONE = "none"  # an axis that a run does not have; charts leave out runs where an axis is missing
KEY_LENGTH, VALUE_LENGTH, DIGEST_LENGTH = 250, 6000, 36  # characters; MLflow's limits
TRAINING_GROUPS = ("lora", "training", "seed")  # configuration keys that mean nothing to an arm
SHORT = {  # configuration keys and groups that a short name tells already
    "lora.targets": "targets", "lora.layers": "layers", "lora.rank": "rank", "lora.alpha": "alpha", "lora.lm_head": "lm_head",
    "training.learning_rate": "log10_lr", "training.epochs": "epochs", "training.batch_size": "batch_size", "seed": "seed",
    "model": "model", "model.name": "model", "quantization": "quant", "quantization.kind": "quant", "data": "data",
    "data.path": "data",
}  # fmt: skip
COUNTS = ("n", "n_facts", "n_long", "n_prior_right", "trainable")  # no measurements; they stay in `result.json`

Point = tuple[str, int, float]  # metric, step, value


def kind(name: str) -> str:
    """The tag by which runs are told apart, of a trial, seed or arm of this name (`Trial.name`): trial, seed (of a trial with
    several), arm, or the stage of a trial that is retrained."""
    stage, _, last = name.rpartition("/")
    if last.isdigit():
        return stage or "trial"
    return "seed" if is_seed(last) else "arm"


def params(trial: Trial, trainable: int | None, axes: Iterable[str] = ()) -> dict[str, str]:
    """Every axis under its short name, further swept `axes` under their configuration keys, and numeric companions.

    `log10_lr` and `trainable_m` (millions of trainable numbers) are params, not metrics: they are known before training, so
    that failed and pruned runs have them too, and a chart takes a param whose texts are numbers as a numeric axis.
    `trainable` None: not known yet; `trainable_m` is then left out, for params cannot be changed later.
    """
    c = trial.config
    training: dict[str, Any] = {
        "targets": targets_text(c.lora.targets),
        "layers": layers_text(c.lora.layers),
        "rank": c.lora.rank,
        "alpha": c.lora.scaled_alpha,
        "lr": c.training.learning_rate,
        "epochs": c.training.epochs,
        "batch_size": c.training.batch_size,
        "seed": c.seed if c.search.seeds is None else c.search.seeds,
        "lm_head": c.lora.lm_head,
        "log10_lr": round(math.log10(c.training.learning_rate), 6),
    }
    rest = {
        "model": c.model.name,
        "quant": c.quantization.kind,
        "data": re.split(r"[/\\]", c.data.path.rstrip("/\\"))[-1],
        **trainable_param(0 if trial.arm else trainable),
    }
    others = {key: _axis(trial, key) for key in (*axes, *trial.params) if key not in SHORT}
    values = (dict.fromkeys(training, None) if trial.arm else training) | rest | others
    return {_key(name): text(value)[:VALUE_LENGTH] for name, value in values.items()}


def param_name(key: str) -> str:
    """The param that tells a swept key; of the learning rate its logarithm, by which charts spread it evenly."""
    return SHORT.get(key, _key(key))


def trainable_param(trainable: int | None) -> dict[str, Any]:
    """Millions of trainable numbers, where known."""
    return {"trainable_m": round(trainable / 1e6, 6)} if trainable is not None else {}


def text(value: Any) -> str:
    """A value as MLflow keeps it: params cannot be changed, so 7 and 7.0 must be one text."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, list | tuple):
        return ",".join(text(part) for part in value)
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, Mapping) else str(value)


def targets_text(targets: str | tuple[str, ...]) -> str:
    """`q+v` for [q_proj, v_proj]: charts cut a label after ten characters."""
    return targets if isinstance(targets, str) else "+".join(name.removesuffix("_proj") for name in targets)


def layers_text(layers: str | tuple[int, ...]) -> str:
    """`0-7` for [0, 1, ..., 7]: one spelling, however the layers were given."""
    if isinstance(layers, str):
        return layers
    spans: list[list[int]] = []
    for layer in sorted(set(layers)):
        if spans and layer == spans[-1][-1] + 1:
            spans[-1] = [spans[-1][0], layer]
        else:
            spans.append([layer])
    return ",".join("-".join(map(str, span)) for span in spans)


def objective_metrics(objectives: Sequence[str]) -> tuple[str, ...]:
    """The metric of each objective: of one alone `objective`."""
    return tuple(_key(f"objective/{name}") for name in objectives) if len(objectives) > 1 else ("objective",)


def rung_points(rows: Iterable[Mapping[str, Any]]) -> list[Point]:
    """Rows of `metrics.jsonl`: losses by optimizer step, all else by epoch. The objective comes first, since MLflow compares runs
    by what was written first. JSON has no NaN, so that null stands for it there."""
    points = [
        (_key(name), row["step" if name == LOSS else "epoch"], math.nan if value is None else float(value))
        for row in rows
        for name, value in row.items()
        if name not in ("step", "epoch") and name.split("/")[-1] not in COUNTS
    ]
    return sorted(points, key=lambda point: not point[0].startswith("objective"))


def final_points(outcome: Outcome, epoch: int, objectives: Sequence[str] = ()) -> list[Point]:
    """What a trial ends with, at its last epoch, where a table of runs looks. `objectives`: names, where there are several."""
    named: dict[str, Any] = {"objective": outcome.objective}
    if outcome.further:
        named = {f"objective/{name}": value for name, value in zip(objectives, outcome.values, strict=True)}
    named |= {f"constraint/{name}": value for name, value in outcome.constraints.items()}
    for prefix, levels in (("", outcome.levels), ("test/", outcome.test_levels)):
        for level, found in (levels | _macro(levels)).items():
            named |= {f"{prefix}{level}/{'acc' if name == 'accuracy' else name}": value for name, value in found.items()}
    if goals.KEPT in outcome.levels:
        named["retain/neg_shift"] = 1 - float(outcome.levels[goals.KEPT]["accuracy"])
    for name, found in outcome.costs.items():
        named |= {name: found["value"], f"{name}_stderr": found["stderr"]}
    named |= {f"train/{name}": value for name, value in outcome.train.items()}
    named = {name: value for name, value in named.items() if name.split("/")[-1] not in COUNTS}
    return [(_key(name), epoch, float(value)) for name, value in named.items() if _number(value)]


def split_finite(points: Iterable[Point]) -> tuple[list[Point], dict[str, int]]:
    """Points that MLflow can show, and for each metric that has others (NaN breaks run pages) its first bad step."""
    finite: list[Point] = []
    bad: dict[str, int] = {}
    for name, step, value in points:
        if math.isfinite(value):
            finite.append((name, step, value))
        else:
            bad.setdefault(name, step)
    return finite, bad


def dataset_inputs(study: Mapping[str, Any]) -> list[tuple[dict[str, str], str]]:
    """The data set of a `study.json` as MLflow describes one, for `train` and `eval`: (fields of an mlflow Dataset, context).
    Nothing where the study was begun before it recorded that."""
    if (dataset := study.get("dataset")) is None:
        return []
    inputs = []
    columns = {"train": ("qa_id", "kind", "prompt", "completion"), "eval": ("qid", "split", "prompt", "gold")}
    for context, names in columns.items():
        schema = [{"type": "string", "name": name, "required": True} for name in names]
        rows = dataset["rows"][context]
        fields = {
            "name": f"{dataset['name']}/{context}",  # a run keeps one input for a name and digest
            "digest": dataset["digest"][:DIGEST_LENGTH],
            "source_type": "local",
            "source": json.dumps({"uri": study["config"]["data"]["path"]}, ensure_ascii=False),
            "schema": json.dumps({"mlflow_colspec": schema}),
            "profile": json.dumps({"num_rows": rows, "num_elements": rows * len(schema)}),
        }
        inputs.append((fields, context))
    return inputs


def judge_points(body: Mapping[str, Any]) -> list[Point]:
    """What a `judge.json` says of a second opinion on the answers."""
    return [(f"judge/{name}", 0, float(body[name])) for name in ("agreement", "kappa") if body.get(name) is not None]


def _axis(trial: Trial, key: str) -> Any:
    """The value of a swept key as the configuration has it; of a swept group, the chosen option."""
    if trial.arm and key.split(".")[0] in TRAINING_GROUPS:
        return None
    value: Any = plain(trial.config)
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return trial.params.get(key, value) if value is None or isinstance(value, dict) else value


def _macro(levels: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """The mean over the measured levels but L1, as at every rung; levels share no questions, so their errors add as squares."""
    known = [found for level, found in levels.items() if level not in ("L1", goals.KEPT)]
    macro = {name: sum(found[name] for found in known) / len(known) for name in ("accuracy", "strict") if _all_have(known, name)}
    if _all_have(known, "stderr"):
        macro["stderr"] = math.sqrt(sum(found["stderr"] ** 2 for found in known)) / len(known)
    return {"macro": macro}


def _all_have(levels: Sequence[Mapping[str, Any]], name: str) -> bool:
    return bool(levels) and all(_number(found.get(name)) for found in levels)


def _number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _key(name: str) -> str:
    return re.sub(r"[^\w\-. :/]", "_", name)[:KEY_LENGTH]
