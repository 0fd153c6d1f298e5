"""What a base can be measured with: for each question of a data set, how often the untouched base answers it alone (floor) and
with its facts in the prompt (ceiling), over several wordings. A question outside the limits is flagged, and stays in the set.

One file for each base in `certified/` beside the questions; it is no part of the set's digest. Its body says of which files and
which weights it holds; under whatever name it lies, it is taken for no others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sweep.track.folder import json_text, write_atomically

FOLDER, PART = "certified", ".part"
MOST_FLOOR, LEAST_CEILING = 0.2, 0.8  # shares of the wordings; O'Neill's rule, arXiv:2607.11020
FLOOR, CEILING = "floor", "ceiling"  # why a question is flagged


@dataclass(frozen=True)
class Mark:
    """One question: whether each wording was answered right, a digit each."""

    level: int
    alone: str = ""
    told: str = ""  # with the facts in the prompt

    @property
    def floor(self) -> float:
        """Share of the wordings without the facts that were answered right."""
        return _share(self.alone)

    @property
    def ceiling(self) -> float:
        """The same with the facts."""
        return _share(self.told)

    @property
    def flags(self) -> tuple[str, ...]:
        """Why no training can be measured with this question; empty where it can."""
        known, beyond = self.floor > MOST_FLOOR, self.ceiling < LEAST_CEILING
        return (*((FLOOR,) if known else ()), *((CEILING,) if beyond else ()))


@dataclass(frozen=True)
class Certificate:
    """A base at every question of a data set."""

    about: Mapping[str, Any]  # model, revision, quantization, data, digest, and how it was asked
    wordings: Mapping[str, tuple[str, ...]]  # alone, told: the texts, as many as were asked
    marks: Mapping[str, Mark]  # by qid

    @property
    def flagged(self) -> dict[str, tuple[str, ...]]:
        """Questions outside the limits, and why."""
        return {qid: mark.flags for qid, mark in self.marks.items() if mark.flags}

    def with_answers(self, way: str, wording: str, right: Mapping[str, bool]) -> Certificate:
        """One wording more, `alone` or `told`."""
        texts = {**self.wordings, way: (*self.wordings[way], wording)}
        marks = {qid: replace(mark, **{way: getattr(mark, way) + str(int(right[qid]))}) for qid, mark in self.marks.items()}
        return replace(self, wordings=texts, marks=marks)

    def body(self) -> dict[str, Any]:
        """What the file says."""
        items = {
            qid: {
                "level": mark.level,
                FLOOR: round(mark.floor, 4),
                CEILING: round(mark.ceiling, 4),
                "flags": list(mark.flags),
                "alone": mark.alone,
                "told": mark.told,
            }
            for qid, mark in self.marks.items()
        }
        limits = {FLOOR: MOST_FLOOR, CEILING: LEAST_CEILING}
        return {
            **self.about,
            "limits": limits,
            "wordings": {way: list(texts) for way, texts in self.wordings.items()},
            "items": items,
        }


def room(data: Path) -> Path:
    """Where the certificates of a data set lie: in its folder, or beside the one table that it is."""
    return data / FOLDER if data.is_dir() else data.with_suffix(f".{FOLDER}")


def write(file: Path, certificate: Certificate) -> None:
    """As a whole; a line an item, so that a change can be read."""
    body = certificate.body()
    items = ",\n".join(f"  {json_text(qid)}: {json_text(item)}" for qid, item in body.pop("items").items())
    head = json_text(body, indent=1).removesuffix("\n}")
    write_atomically(file, f'{head},\n "items": {{\n{items}\n }}\n}}\n')


def read(file: Path) -> Certificate:
    """A file that `write` wrote."""
    body = json.loads(file.read_text(encoding="utf-8"))
    marks = {qid: Mark(one["level"], one["alone"], one["told"]) for qid, one in body.pop("items").items()}
    wordings = {way: tuple(texts) for way, texts in body.pop("wordings").items()}
    return Certificate({key: value for key, value in body.items() if key != "limits"}, wordings, marks)


def find(data: Path, digest: str, revision: str | None, quantization: str, prompt: Mapping[str, Any]) -> Certificate | None:
    """Of these very questions, this very base and this prompt; None where there is none."""
    wanted = {"digest": digest, "revision": revision, "quantization": quantization, "prompt": dict(prompt)}
    return next((one for one in _all(data) if all(one.about[key] == value for key, value in wanted.items())), None)


def _all(data: Path) -> Iterator[Certificate]:
    return (read(file) for file in sorted(room(data).glob("*.json")))


def _share(answers: str) -> float:
    return answers.count("1") / len(answers) if answers else 0.0
