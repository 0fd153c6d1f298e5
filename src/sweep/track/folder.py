"""The folder of one trial: what was run, every answer, and `result.json`, whose presence says that the trial has ended.

The folders are the record; MLflow only mirrors them (`sweep.track.mirror`). Importing this file loads no tracking library.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml  # type: ignore[import-untyped]

from sweep.trial import Again, Measurement, Outcome, Rung, State, Trial

STUDY = "study.json"  # of a study's folder: what was asked
REPORTS = ("report.html", "report.md")  # of a study's folder, where `sweep.report` has read it
TRIAL = "trial.json"  # of a trial, one of its seeds, or an arm: what it is, from its beginning
ADAPTER, JUDGE = "adapter", "judge.json"
CONFIRM = "confirm"  # below a study: its finalists with fresh seeds, and their readings of test
LOSS = "train/loss"  # in `metrics.jsonl`: nats per answer token, an optimizer step
RESULT, SEED, ARM = "result.json", "seed.json", "arm.json"  # of a trial, of one of its seeds, of an arm: each has ended
RECORDS = (ARM, RESULT, SEED)  # a folder has one of them at most
METRICS, PREDICTIONS, ERROR = "metrics.jsonl", "predictions.jsonl", "error.txt"
PREDICTION_FIELDS = ("qid", "split", "level", "fact_ids", "seed", "epoch", "answer", "gold", "grade", "strict", "ended")


def write_hydra(folder: Path, config: dict[str, Any], overrides: Sequence[str], hydra: dict[str, Any]) -> None:
    """The three files that Hydra would write: Hydra's own node, the overrides, and the configuration that they made. That is the
    last one, so that where it lies, after whatever crash, all lie."""
    for name, content in (("hydra", hydra), ("overrides", list(overrides)), ("config", config)):
        write_atomically(folder / ".hydra" / f"{name}.yaml", yaml_text(content))


def read_config(folder: Path) -> dict[str, Any] | None:
    """The configuration of a trial, as `write_hydra` wrote it."""
    found: dict[str, Any] | None = _hydra(folder, "config")
    return found


def read_overrides(folder: Path) -> tuple[str, ...] | None:
    """The overrides that made it; None also where an older version's process was killed before it had written them."""
    found = _hydra(folder, "overrides")
    return None if found is None else tuple(found)


def append_metrics(folder: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add rows to `metrics.jsonl`. A last line that a crash cut short is closed first, so that it spoils only itself."""
    lines = [json_text(row) + "\n" for row in rows]
    if not lines:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / METRICS).open("a+b") as file:
        if file.seek(0, os.SEEK_END) and _last_byte(folder / METRICS) != b"\n":
            file.write(b"\n")
        file.write("".join(lines).encode())


def figures(found: Iterable[Measurement]) -> dict[str, float]:
    """What was measured at an epoch's end, as a row of `metrics.jsonl` has it: accuracies and the health of answers with their
    errors, `L1/stderr` beside `L1/acc`, `health/loop_rate_stderr` beside `health/loop_rate`, and that with n."""
    row: dict[str, float] = {}
    errors: dict[str, float] = {}
    for one in found:
        row[one.name] = one.value
        if one.name.startswith("health/"):
            row["health/n"] = one.n
        name = _error_of(one.name)
        if name is not None and one.stderr is not None:
            errors[name] = one.stderr
    return row | {name: error for name, error in errors.items() if name not in row}


def rung_rows(rung: Rung) -> list[dict[str, Any]]:
    """An epoch in `metrics.jsonl`: its losses, an optimizer step a row, then what was measured at its end."""
    rows: list[dict[str, Any]] = [{"step": step, "epoch": rung.epoch, LOSS: loss} for step, loss in rung.losses]
    last = rung.losses[-1][0] if rung.losses else 0
    return [*rows, {"step": last, "epoch": rung.epoch, **figures(rung.measurements)}]


def cut_metrics(folder: Path, epoch: int) -> None:
    """Drop rows of this epoch and later ones: the trial goes on from before, and writes them again."""
    path = folder / METRICS
    if path.is_file():
        kept = [row for row in read_rows(path) if row["epoch"] < epoch]
        write_atomically(path, "".join(json_text(row) + "\n" for row in kept))


def write_predictions(folder: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Every answer of the trial: PREDICTION_FIELDS first, further fields after them; replaces an earlier attempt's file."""
    lines = []
    for row in rows:
        absent = [field for field in PREDICTION_FIELDS if field not in row]
        assert not absent, f"predictions: {', '.join(absent)} missing in {dict(row)}"
        lines.append(json_text({field: row[field] for field in PREDICTION_FIELDS} | dict(row)) + "\n")
    write_atomically(folder / PREDICTIONS, "".join(lines))


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSONL file, without a line that a crash cut short; none when the file is absent."""
    rows = []
    for line in path.read_text(encoding="utf-8").split("\n") if path.is_file() else []:
        try:
            rows += [json.loads(line)] if line.strip() else []
        except json.JSONDecodeError:
            continue
    return rows


def record(trial: Trial) -> str:
    """The file that says how a trial, one of its seeds, or an arm ended."""
    return ARM if trial.arm is not None else SEED if trial.seed is not None else RESULT


def write_result(folder: Path, body: Mapping[str, Any], name: str = RESULT) -> None:
    """The commit point of a trial: after this call it has ended, before it it has not, whatever crashes."""
    write_atomically(folder / name, json_text(body, indent=2) + "\n")


def write_trial(trial: Trial, trainable: int | None) -> None:
    """Who the trial is, before anything is known of it: a trial that never ends has no other record. `trainable`: numbers that it
    trains, where known."""
    body = {
        "trial_key": trial.trial_key,
        "config_key": trial.config_key,
        "number": trial.number,
        "params": trial.params,
        "trainable": trainable,
    }
    write_atomically(trial.folder / TRIAL, json_text(body, indent=2) + "\n")


def reopen(folder: Path, name: str = RESULT) -> None:
    """It is tried again: it has not ended. Why its former attempt failed moves to the end of `error.txt`."""
    former = read_result(folder, name)
    if former is None:
        return
    if former.get("error"):  # an arm that was asked something else before did not fail
        with (folder / ERROR).open("a", encoding="utf-8") as file:
            file.write(f"{former['error']}\n")
    (folder / name).unlink()


def read_result(folder: Path, name: str = RESULT) -> dict[str, Any] | None:
    """The result of a trial that has ended, else None."""
    path = folder / name
    if not path.is_file():
        return None
    body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return body


def ended(place: Path) -> dict[str, Any] | None:
    """How it ended, whether the folder is a trial's, a seed's or an arm's; None where it did not."""
    return next((body for name in RECORDS if (body := read_result(place, name)) is not None), None)


def all_ended(root: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Folder and record of everybody below this folder who ended: arms, trials, then seeds."""
    for name in RECORDS:
        for file in sorted(root.rglob(name)):
            if (body := read_result(file.parent, name)) is not None:
                yield file.parent, body


def trials(study: Path) -> list[Path]:
    """The folders of a study's trials, by number; none where the study has no folder."""
    return sorted((place for place in study.glob("*") if place.name.isdigit()), key=lambda place: int(place.name))


def results(study: Path) -> dict[str, dict[str, Any]]:
    """The results of a study's trials that have ended, by the name of their folder, in the order of their numbers."""
    found = {place.name: read_result(place) for place in trials(study)}
    return {name: result for name, result in found.items() if result is not None}


def parts(place: Path) -> list[Path]:
    """The folders of a trial's seeds, by seed; none where it has only one."""
    return sorted((one for one in place.glob("s*/") if is_seed(one.name)), key=lambda one: int(one.name[1:]))


def is_seed(name: str) -> bool:
    """Whether a folder of this name is a seed's: s7."""
    return name[:1] == "s" and name[1:].isdigit()


def seeds(place: Path) -> list[dict[str, Any]]:
    """What is recorded of a trial's seeds that ended, by seed; nothing where it has only one."""
    return [body for part in parts(place) if (body := read_result(part, SEED)) is not None]


def result_body(trial: Trial, outcome: Outcome, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """What `result.json` says. `objective` is a list where there are several, and constraints are met at 0 and below; `error` is
    there only where a trial failed, `test_levels` is empty where test was not read, `costs` where none were measured."""
    body: dict[str, Any] = {
        "trial_key": trial.trial_key,
        "config_key": trial.config_key,
        "number": trial.number,
        "state": outcome.state.value,
        "objective": list(outcome.values) if outcome.further else outcome.objective,
        "constraints": outcome.constraints,
        "params": dict(trial.params),
        "levels": outcome.levels,
        "test_levels": outcome.test_levels,
        "costs": outcome.costs,
        "train": outcome.train,
        "provenance": dict(provenance),
    }
    if outcome.duplicate_of is not None:
        body["duplicate_of"] = outcome.duplicate_of
    if outcome.state is State.FAILED:
        body |= {"error": outcome.error, "again": outcome.again.value}
    return body


def outcome(body: Mapping[str, Any]) -> Outcome:
    """The body of a `result.json` as it was when the trial ended."""
    first, *further = values(body) or (None,)
    return Outcome(
        State(body["state"]),
        first,
        body["levels"],
        body["test_levels"],
        body["train"],
        error=body.get("error"),
        again=Again(body.get("again", Again.LATER)),
        duplicate_of=body.get("duplicate_of"),
        further=tuple(value for value in further if value is not None),
        constraints=body.get("constraints", {}),
        costs=body.get("costs", {}),
    )


def values(body: Mapping[str, Any]) -> tuple[float, ...]:
    """What `objective` in a result says, one an objective; none where nothing was measured."""
    found = body.get("objective")
    return () if found is None else tuple(found) if isinstance(found, list) else (found,)


def json_text(value: Any, indent: int | None = None) -> str:
    """JSON as every reader accepts it: UTF-8 kept readable; NaN and infinities, which JSON does not have, become null."""
    return json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, indent=indent)


def yaml_text(value: Any) -> str:
    """YAML in the order of the value, UTF-8 kept readable."""
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    return text


def write_atomically(path: Path, text: str) -> None:
    """Replace a file as a whole: after a crash there is the old one or the new one, never a part, and never a lost rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.tmp")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _hydra(folder: Path, name: str) -> Any:
    file = folder / ".hydra" / f"{name}.yaml"
    return yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else None


def _finite(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value


def _error_of(name: str) -> str | None:
    """What the error of a figure is called where it is recorded beside it."""
    if name.startswith("health/"):
        return f"{name}_stderr"
    return f"{name.removesuffix('/acc')}/stderr" if name.endswith("/acc") else None


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)
