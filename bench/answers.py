"""Which questions every trial of an experiment answered right: one file an experiment, small enough to lie beside its page.

JSON lines: `about` first, then the companies with their questions, then a line for each configuration, company and seed, whose
answers are strings of 0 and 1 in the order of the company's questions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sweep import arms
from sweep.search.spelling import show
from sweep.track import folder
from sweep.trial import State

DATA = "data.path"  # the axis of the companies
ARM = "arm"  # the axis of what is measured beside trials
UNTRAINED = {"steps": 0, "tokens": 0, "trainable": 0}
HEALTH = ("loop_rate", "over_long_rate", "eos_rate", "len_ratio", "forbidden_rate", "unsupported_rate")


@dataclass(frozen=True)
class Company:
    """A data set: its questions in order, and which of its facts have long values."""

    name: str
    questions: tuple[tuple[str, str, int, tuple[str, ...]], ...]  # qid, split, level, fact ids
    long: tuple[str, ...]


@dataclass(frozen=True)
class Answers:
    """What one trial answered after its training with one seed."""

    company: str
    params: Mapping[str, Any]  # swept values without the company
    seed: int
    right: str  # one digit a question
    strict: str
    partly: Mapping[str, float]  # place of a question -> its key recall, where that is not the digit of `right`
    health: Mapping[str, Mapping[str, float | None]]  # on test: level -> figures of HEALTH
    steps: int
    tokens: int
    parameters: int

    @property
    def arm(self) -> tuple[tuple[str, str], ...]:
        """What it has in common with the same configuration on other companies and with other seeds."""
        return tuple((key, show(value)) for key, value in self.params.items())


@dataclass(frozen=True)
class Experiment:
    """All of it."""

    about: Mapping[str, Any]
    companies: Mapping[str, Company]
    answers: tuple[Answers, ...]

    def write(self, file: Path) -> None:
        """As JSON lines."""
        lines: list[Mapping[str, Any]] = [{"about": self.about}]
        lines += [asdict(company) for company in self.companies.values()]
        lines += [asdict(one) for one in self.answers]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def read(file: Path) -> Experiment:
    """What `Experiment.write` left."""
    about, *lines = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    companies = [
        Company(
            line["name"],
            tuple((q, split, level, tuple(facts)) for q, split, level, facts in line["questions"]),
            tuple(line["long"]),
        )
        for line in lines
        if "questions" in line
    ]
    answers = [Answers(**line) for line in lines if "right" in line]
    return Experiment(about["about"], {one.name: one for one in companies}, tuple(answers))


def _questions(rows: Iterable[Sequence[Any]]) -> tuple[tuple[str, str, int, tuple[str, ...]], ...]:
    return tuple((qid, split, level, tuple(facts)) for qid, split, level, facts in rows)


def collected(study: Path, about: Mapping[str, Any]) -> Experiment:
    """What a study's folder holds of trials that were completed, also while it runs or after it was cut off."""
    return _experiment([_Run.of(place, body) for place, body in _completed(study)], about)


def arms_collected(studies: Iterable[Path], about: Mapping[str, Any]) -> Experiment:
    """The same of what was measured beside the trials of studies, each of one company and seed: which arm it is, is the axis."""
    return _experiment([_Run.of(place, body) for study in studies for place, body in _arms(study)], about)


def _experiment(runs: Sequence[_Run], about: Mapping[str, Any]) -> Experiment:
    companies = {name: _company([run for run in runs if run.name == name]) for name in dict.fromkeys(run.name for run in runs)}
    bound = [key for group in about.get("space", {}).get("zip", []) for key in group[1:]]  # its first axis tells them apart
    found = [_answers(run, companies[run.name], bound) for run in runs]
    known = {key: runs[0].body["provenance"].get(key) for key in ("device", "precision", "packages")} if runs else {}
    return Experiment({**about, **known}, companies, tuple(found))


@dataclass(frozen=True)
class _Run:
    """One training as its folder tells it."""

    name: str  # of its company
    path: str
    seed: int
    body: Mapping[str, Any]
    rows: Mapping[tuple[str, str], Mapping[str, Any]]  # by qid and split, of the ladder

    @classmethod
    def of(cls, place: Path, body: Mapping[str, Any]) -> _Run:
        config = folder.read_config(place)
        assert config is not None, f"{place} holds a result, so its configuration was written"
        rows = {(row["qid"], row["split"]): row for row in folder.read_rows(place / folder.PREDICTIONS) if row["level"]}
        path = config["data"]["path"]
        return cls(Path(path).name, path, config["seed"], body, rows)


def _completed(study: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Folder and record of every seed of every trial that was completed; of a trial without `search.seeds`, its own."""
    for name, result in folder.results(study).items():
        places = sorted((study / name).glob(f"s*/{folder.SEED}")) if "seeds" in result else [study / name / folder.RESULT]
        for file in places:
            body = json.loads(file.read_text(encoding="utf-8"))
            if body["state"] == State.COMPLETE:
                yield file.parent, body


def _arms(study: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Folder and record of every arm that was completed; an adapter's arm cost what its trial did."""
    trained = {body["trial_key"]: body["train"] for body in folder.results(study).values()}
    for file in sorted(study.glob(f"arms/*/{folder.ARM}")):
        body = json.loads(file.read_text(encoding="utf-8"))
        if body["state"] == State.COMPLETE:
            cost = UNTRAINED | (trained.get(body["trial_key"], {}) if arms.KINDS[file.parent.name].adapter else {})
            yield file.parent, {**body, "params": {ARM: file.parent.name}, "train": cost}


def _company(runs: Sequence[_Run]) -> Company:
    """The questions that every run was asked: with fewer facts (`data.facts`) there are fewer."""
    first = runs[0]
    lines = (Path(first.path) / "facts.jsonl").read_text(encoding="utf-8").splitlines()
    shared = [row for key, row in first.rows.items() if all(key in run.rows for run in runs)]
    assert len(shared) == min(len(run.rows) for run in runs), "every trial is asked what the one with fewest facts is"
    questions = ([row[name] for name in ("qid", "split", "level", "fact_ids")] for row in shared)
    long = (fact["fact_id"] for fact in map(json.loads, lines) if fact.get("length") == "long")
    return Company(first.name, _questions(questions), tuple(long))


def _answers(run: _Run, company: Company, bound: Sequence[str]) -> Answers:
    body = run.body
    rows = [run.rows[qid, split] for qid, split, *_ in company.questions]
    return Answers(
        run.name,
        {key: value for key, value in body["params"].items() if key not in (DATA, "seed", *bound)},
        run.seed,
        "".join("01"[row["grade"] == "CORRECT"] for row in rows),
        "".join("01"[row["strict"]] for row in rows),
        {str(at): round(row["key_recall"], 3) for at, row in enumerate(rows) if row["key_recall"] != (row["grade"] == "CORRECT")},
        {level: {name: _rounded(figures.get(name)) for name in HEALTH} for level, figures in body["test_levels"].items()},
        body["train"]["steps"],
        body["train"]["tokens"],
        body["train"]["trainable"],
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
