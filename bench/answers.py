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

from sweep.search.spelling import show
from sweep.track import folder
from sweep.trial import State

DATA = "data.path"  # the axis of the companies
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
    companies: dict[str, Company] = {}
    found: list[Answers] = []
    known: dict[str, Any] = {}
    for place, body in _completed(study):
        rows = [row for row in folder.read_rows(place / folder.PREDICTIONS) if row["level"]]
        config = folder.read_config(place)
        assert config is not None, f"{place} holds a result, so its configuration was written"
        name = Path(config["data"]["path"]).name
        if name not in companies:
            companies[name] = _company(config["data"]["path"], rows)
        found.append(_answers(name, config["seed"], body, _in_order(rows, companies[name])))
        known = known or {key: body["provenance"].get(key) for key in ("device", "precision", "packages")}
    return Experiment({**about, **known}, companies, tuple(found))


def _completed(study: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Folder and record of every seed of every trial that was completed; of a trial without `search.seeds`, its own."""
    for name, result in folder.results(study).items():
        places = sorted((study / name).glob(f"s*/{folder.SEED}")) if "seeds" in result else [study / name / folder.RESULT]
        for file in places:
            body = json.loads(file.read_text(encoding="utf-8"))
            if body["state"] == State.COMPLETE:
                yield file.parent, body


def _company(path: str, rows: Sequence[Mapping[str, Any]]) -> Company:
    facts = [json.loads(line) for line in (Path(path) / "facts.jsonl").read_text(encoding="utf-8").splitlines()]
    questions = ([row[name] for name in ("qid", "split", "level", "fact_ids")] for row in rows)
    return Company(
        Path(path).name, _questions(questions), tuple(fact["fact_id"] for fact in facts if fact.get("length") == "long")
    )


def _in_order(rows: Sequence[Mapping[str, Any]], company: Company) -> list[Mapping[str, Any]]:
    by_qid = {(row["qid"], row["split"]): row for row in rows}
    assert len(by_qid) == len(company.questions), "every trial of a company is asked the same questions"
    return [by_qid[qid, split] for qid, split, *_ in company.questions]


def _answers(company: str, seed: int, body: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Answers:
    return Answers(
        company,
        {key: value for key, value in body["params"].items() if key not in (DATA, "seed")},
        seed,
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
