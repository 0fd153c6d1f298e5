"""A study's answers graded a second time, from its folders alone: `judged.jsonl` and `judge.json` beside `predictions.jsonl`.

What the same model was asked in the same words is not asked again, in whichever trial it was said.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sweep.config import JudgeConfig
from sweep.data.records import KEPT
from sweep.errors import JudgeFault
from sweep.judging.endpoint import Endpoint
from sweep.judging.verdict import VERSION, parsed, prompt
from sweep.report.agreement import agreement, by_level
from sweep.report.judged import NEVER, show
from sweep.selection import spread
from sweep.track import folder, later, provenance
from sweep.trial import State

JUDGED = "judged.jsonl"
SHOWN = 200  # characters of a reply that are kept
Row = Mapping[str, Any]
Said = tuple[str, str, int]  # digest of what was asked, model, version of the instruction


def grade(root: Path, config: JudgeConfig, uri: str | None, experiment: str, warn: Callable[[str], None]) -> None:
    """Judge a study, print what came of it, and tell MLflow. Raises: JudgeFault where the judge cannot be asked."""
    found = {place: rows for place, rows in Judging(root, Endpoint.of(config)).run().items() if rows}
    if not found:
        raise JudgeFault(f"{root}: got no answers of a completed trial or arm, expected some to judge")
    show([row for rows in found.values() for row in rows], config.model or "", len(found))
    later.add_judged(root, uri, experiment, warn)


@dataclass
class Judging:
    """One judge at one study."""

    root: Path
    endpoint: Endpoint
    known: dict[Said, Row] = field(default_factory=dict)  # verdicts that were given

    def run(self) -> dict[Path, list[Row]]:
        """The judged answers of each trial, seed and arm that ended. Raises: JudgeFault; what was judged before it is kept."""
        places = list(answered(self.root))
        for place in places:
            rows = folder.read_rows(place / JUDGED)
            self.known |= {_of(row): row for row in rows if row["verdict"] is not None}
        return {place: self._place(place) for place in places}

    def _place(self, place: Path) -> list[Row]:
        file, former = place / JUDGED, folder.read_rows(place / JUDGED)
        if former:
            folder.write_atomically(file, _lines(former))  # without a line that a crash cut short
        asked = _spread(folder.read_rows(place / folder.PREDICTIONS), self.endpoint.config.questions)
        found = self.known | self._ask({self._said(one): one for one in asked}, file)
        judged = [_row(one, self._said(one), found[self._said(one)]["verdict"], found[self._said(one)]["reply"]) for one in asked]
        now = {_of(row) for row in judged}
        others = [row for row in former if _of(row) not in now]  # another judge's, and what is not asked this time
        folder.write_atomically(file, _lines([*others, *judged]))
        folder.write_result(place, self._sum(judged), folder.JUDGE)
        return judged

    def _ask(self, wanted: Mapping[Said, Row], file: Path) -> dict[Said, Row]:
        """What is not known of these; each is written down as it comes, and known from then on where it is a verdict."""
        new = {said: one for said, one in wanted.items() if said not in self.known}
        messages = [_message(one) for one in new.values()]
        found: dict[Said, Row] = {}
        for (said, one), reply in zip(new.items(), self.endpoint.replies(messages), strict=True):
            found[said] = row = _row(one, said, parsed(reply), (reply or "")[:SHOWN])
            with file.open("a", encoding="utf-8") as lines:
                lines.write(_lines([row]))
        self.known |= {said: row for said, row in found.items() if row["verdict"] is not None}
        return found

    def _said(self, one: Row) -> Said:
        digest = hashlib.sha256(_message(one).encode()).hexdigest()[:16]
        return digest, self.endpoint.config.model or "", VERSION

    def _sum(self, judged: Sequence[Row]) -> dict[str, Any]:
        config = self.endpoint.config
        head = {"model": config.model, "url": config.url, "version": VERSION, "date": provenance.now(), "note": NEVER}
        levels = {level: found.body() for level, found in by_level(judged).items()}
        return {**head, **agreement(judged).body(), "levels": levels}


def answered(root: Path) -> Iterator[Path]:
    """Folders of trials, their seeds, and arms, that are complete and hold answers."""
    trials = [one for place in folder.trials(root) for one in (place, *folder.parts(place))]
    for place in (*sorted(root.glob("arms/*/")), *trials):
        body = folder.ended(place)
        if body is not None and body["state"] == State.COMPLETE and (place / folder.PREDICTIONS).is_file():
            yield place


def _spread(answers: Sequence[Row], at_most: int | None) -> list[Row]:
    """Those of the ladder, at most so many a level and split, evenly spread."""
    groups: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for one in answers:
        if one["level"] != KEPT:
            groups[one["level"], one["split"]].append(one)
    return [one for group in groups.values() for one in spread(group, at_most)]


def _message(one: Row) -> str:
    return prompt(one["prompt"], one["gold"], one["answer"])


def _row(one: Row, said: Said, verdict: str | None, reply: str) -> Row:
    """A line of judged.jsonl; `grade` is the scorer's."""
    told = {name: one[name] for name in ("qid", "split", "level", "fact_ids", "grade")}
    return {**told, "verdict": verdict, "reply": reply, "asked": said[0], "judge": said[1], "version": said[2]}


def _of(row: Row) -> Said:
    return row["asked"], row["judge"], row["version"]


def _lines(rows: Sequence[Row]) -> str:
    return "".join(folder.json_text(row) + "\n" for row in rows)
