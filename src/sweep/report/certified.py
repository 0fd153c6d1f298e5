"""What a base can be measured with: the page of a certificate, and rows of a study's table without the flagged questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sweep.clusters import clustered_stderr, fact_clusters
from sweep.data import source
from sweep.data.records import KEPT
from sweep.errors import DataFault
from sweep.report.rows import Row, figures, markdown
from sweep.report.standing import Body
from sweep.track import certificate, folder
from sweep.track.certificate import CEILING, FLOOR, LEAST_CEILING, MOST_FLOOR, Certificate, Mark

Answered = Mapping[str, Any]  # a row of predictions.jsonl


@dataclass(frozen=True)
class Sound:
    """Rows without what the base cannot be measured with."""

    rows: tuple[Row, ...]
    asked: int  # questions of the ladder, on this split
    known: int  # of those, answered by the base untaught
    beyond: int  # answered too seldom even with the fact in the prompt, and not known

    @property
    def title(self) -> str:
        """What was left out, and why."""
        why = [
            *([f"{self.known} it answers untaught"] if self.known else []),
            *([f"{self.beyond} it misses even with the fact in its prompt"] if self.beyond else []),
        ]
        flagged = self.known + self.beyond
        return f"The same without the {flagged} of {self.asked} questions that cannot measure this base: {', '.join(why)}"


def of(study: Body, bodies: Iterable[Body]) -> Certificate | None:
    """That of the base and the questions of these results; None where there is none, or where they have several."""
    config, found = study.get("config", {}), {_asked(body) for body in bodies}
    (first, *others) = found or {None}
    swept = [key for key in study.get("space", {}) if key.startswith(("quantization", "prompt"))]
    if first is None or others or swept or not config:
        return None
    try:
        data = source.place(config["data"]["path"])
    except DataFault:  # the questions are gone; what was answered still is a table
        return None
    return certificate.find(data, *first, config["quantization"]["kind"], config["prompt"])


def without(flagged: Certificate, rows: Sequence[Row], split: str) -> Sound:
    """These rows again. A row whose answers are gone is left out."""
    kept, asked = [], dict[str, tuple[str, ...]]()
    for row in rows:
        answered = [list(_ladder(place, split)) for place in row.places]
        asked |= {one["qid"]: flagged.flagged.get(one["qid"], ()) for run in answered for one in run}
        sound = [levels(one for one in run if one["qid"] not in flagged.flagged) for run in answered if run]
        if sound:
            kept.append(replace(row, levels=figures(sound), dev=(), standing=None))
    known = sum(FLOOR in why for why in asked.values())
    beyond = sum(bool(why) for why in asked.values()) - known
    return Sound(tuple(kept), len(asked), known, beyond)


def levels(answered: Iterable[Answered]) -> dict[str, dict[str, float]]:
    """The figures of a table's cells, by level, from one run's answers."""
    groups: dict[int, list[Answered]] = defaultdict(list)
    for one in answered:
        groups[one["level"]].append(one)
    return {f"L{level}": _accuracy(groups[level]) for level in sorted(groups)}


def _accuracy(of: Sequence[Answered]) -> dict[str, float]:
    right = [float(one["grade"] == "CORRECT") for one in of]
    error = clustered_stderr(right, fact_clusters([one["fact_ids"] or (one["qid"],) for one in of]))
    strict = sum(bool(one["strict"]) for one in of) / len(of)
    return {"n": float(len(of)), "accuracy": sum(right) / len(of), "stderr": error, "strict": strict}


def _ladder(place: Path, split: str) -> Iterator[Answered]:
    rows = folder.read_rows(place / folder.PREDICTIONS)
    return (one for one in rows if one["split"] == split and one["level"] != KEPT)


def _asked(body: Body) -> tuple[str, str | None] | None:
    """Digest of the questions and revision of the base; None for a result that does not tell."""
    told = body.get("provenance", {})
    return (told["data_digest"], told.get("model_revision")) if told.get("data_digest") else None


def page(certificate: Certificate) -> str:
    """Levels, and how far the answer hangs on the wording, in Markdown."""
    about, asked = certificate.about, len(certificate.wordings["alone"])
    kind = "" if about["quantization"] == "none" else f"{about['quantization']}, "
    weights = f"{about['source']} (revision `{about['revision']}`, {kind}{about['precision']}, {about['device']})"
    made = f"data digest `{about['digest'][:12]}`, commit `{_commit(about['commit'], about['dirty'])}`, {about['date'][:10]}"
    most, least = (f"{100 * limit:.0f} %" for limit in (MOST_FLOOR, LEAST_CEILING))
    lines = [
        f"# Which questions of `{about['data']}` {about['model']} can be measured with",
        "",
        f"Written by `python -m sweep.certify`: {weights}, {made}.",
        f"Wordings of each question: {asked} alone and {asked} with its facts in the prompt, answered greedily with up to "
        f"{about['max_new_tokens']} tokens.",
        "",
        f"A question is flagged where the untouched base answers more than {most} of the wordings alone (floor), or fewer than "
        f"{least} of those with its facts (ceiling). It stays in the set: tables stand with and without it.",
        "",
        markdown(_levels(list(certificate.marks.values()))),
        "Accuracy of each wording:",
        "",
        markdown(_wordings(certificate)),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _levels(marks: Sequence[Mark]) -> list[list[str]]:
    head = ["level", "questions", "mean floor", "mean ceiling", "flagged: floor", "flagged: ceiling", "certified"]
    levels = sorted({mark.level for mark in marks})
    named = [(f"L{level}", [mark for mark in marks if mark.level == level]) for level in levels]
    return [head, *([name, *_figures(of)] for name, of in [*named, ("all", list(marks))])]


def _figures(marks: Sequence[Mark]) -> list[str]:
    n = len(marks)
    floor, ceiling = sum(mark.floor for mark in marks) / n, sum(mark.ceiling for mark in marks) / n
    flagged = [sum(why in mark.flags for mark in marks) for why in (FLOOR, CEILING)]
    sound = sum(not mark.flags for mark in marks)
    return [str(n), f"{floor:.2f}", f"{ceiling:.2f}", *map(str, flagged), f"{sound} ({100 * sound / n:.0f} %)"]


def _wordings(certificate: Certificate) -> list[list[str]]:
    lines = [["facts in the prompt", "wording", "accuracy"]]
    for way, said in (("alone", "no"), ("told", "yes")):
        for at, text in enumerate(certificate.wordings[way]):
            right = sum(getattr(mark, way)[at] == "1" for mark in certificate.marks.values())
            lines.append([said, f"`{text.replace(chr(10), ' ⏎ ')}`", f"{right / len(certificate.marks):.2f}"])
    return lines


def _commit(commit: str | None, dirty: bool | None) -> str:
    return f"{(commit or 'unknown')[:7]}{', with changes' if dirty else ''}"
