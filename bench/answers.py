"""Which questions every trial of an experiment answered right: one file an experiment, small enough to lie beside its page.

JSON lines: `about` first, then the companies with their questions, then a line for each configuration, company and seed, whose
answers are strings of 0 and 1 in the order of the company's questions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.shapes import BITS

from sweep.goals import KEPT
from sweep.search.spelling import show
from sweep.track import folder
from sweep.trial import State

PROBED = "retain/"  # what is asked beside the ladder; shares of its answers are in HEALTH
DATA = "data.path"  # the axis of the companies
Left = frozenset[tuple[str, str]]  # (company, qid)
HEALTH = ("loop_rate", "over_long_rate", "eos_rate", "len_ratio", "forbidden_rate", "unsupported_rate")


def short(key: str) -> str:
    """`rank` of `lora.rank`."""
    return key.rpartition(".")[2]


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
    costs: Mapping[str, float] = field(default_factory=dict)  # on dev: what the training did beside teaching (sweep.costs)

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

    @property
    def quantizations(self) -> Sequence[str]:
        """Of its bases: several where that is an axis."""
        told: Sequence[str] = self.about["space"].get(BITS) or [self.about.get("quantization", "none")]
        return told

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
    runs = [Run.of(place, body) for place, body in completed(study)]
    companies = {name: company_of([run for run in runs if run.name == name]) for name in dict.fromkeys(run.name for run in runs)}
    bound = [key for group in about.get("space", {}).get("zip", []) for key in group[1:]]  # its first axis tells them apart
    found = [answers_of(run, companies[run.name], bound) for run in runs]
    return Experiment({**about, **provenance(runs)}, companies, tuple(found))


@dataclass(frozen=True)
class Run:
    """One training as its folder tells it."""

    name: str  # of its company
    path: str
    seed: int
    body: Mapping[str, Any]
    rows: Mapping[tuple[str, str], Mapping[str, Any]]  # by qid and split, of the ladder

    @classmethod
    def of(cls, place: Path, body: Mapping[str, Any]) -> Run:
        config = folder.read_config(place)
        assert config is not None, f"{place} holds a result, so its configuration was written"
        rows = {(row["qid"], row["split"]): row for row in folder.read_rows(place / folder.PREDICTIONS) if row["level"]}
        path = config["data"]["path"]
        return cls(Path(path).name, path, config["seed"], body, rows)


def provenance(runs: Sequence[Run]) -> dict[str, Any]:
    """What they ran on, as the first one tells it."""
    return {key: runs[0].body["provenance"].get(key) for key in ("device", "precision", "packages")} if runs else {}


def completed(study: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Folder and record of every seed of every trial that was completed; of a trial without `search.seeds`, its own."""
    for name, result in folder.results(study).items():
        for place in folder.parts(study / name) if "seeds" in result else [study / name]:
            body = folder.ended(place)
            if body is not None and body["state"] == State.COMPLETE:
                yield place, body


def company_of(runs: Sequence[Run]) -> Company:
    """The questions that every run was asked: with fewer facts (`data.facts`) there are fewer."""
    first = runs[0]
    lines = (Path(first.path) / "facts.jsonl").read_text(encoding="utf-8").splitlines()
    shared = [row for key, row in first.rows.items() if all(key in run.rows for run in runs)]
    assert len(shared) == min(len(run.rows) for run in runs), "every trial is asked what the one with fewest facts is"
    questions = ([row[name] for name in ("qid", "split", "level", "fact_ids")] for row in shared)
    long = (fact["fact_id"] for fact in map(json.loads, lines) if fact.get("length") == "long")
    return Company(first.name, _questions(questions), tuple(long))


def answers_of(run: Run, company: Company, bound: Sequence[str]) -> Answers:
    body, train = run.body, run.body["train"]  # an arm trains nothing
    rows = [run.rows[qid, split] for qid, split, *_ in company.questions]
    return Answers(
        run.name,
        {key: value for key, value in body["params"].items() if key not in (DATA, "seed", *bound)},
        run.seed,
        "".join("01"[row["grade"] == "CORRECT"] for row in rows),
        "".join("01"[row["strict"]] for row in rows),
        {str(at): round(row["key_recall"], 3) for at, row in enumerate(rows) if row["key_recall"] != (row["grade"] == "CORRECT")},
        {level: {name: _rounded(figures.get(name)) for name in HEALTH} for level, figures in body["test_levels"].items()},
        train.get("steps", 0),
        train.get("tokens", 0),
        train.get("trainable", 0),
        _costs(body),
    )


def _costs(body: Mapping[str, Any]) -> dict[str, float]:
    """What the training did beside teaching, and the share that it left of what the base knew."""
    kept = {KEPT: body["levels"][KEPT]["accuracy"]} if KEPT in body.get("levels", {}) else {}
    probed = {name: one["value"] for name, one in body.get("costs", {}).items() if name.startswith(PROBED)}
    return {name: round(value, 4) for name, value in (kept | probed).items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
