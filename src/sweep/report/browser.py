"""Every answer of a study as data for the page's script: questions, runs, and what each run said to each question."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sweep.report.answers import Answer, Question
from sweep.report.contents import Contents, Run
from sweep.report.decision import Decision
from sweep.report.propagation import FLOOR


def data(found: Contents, decision: Decision) -> dict[str, Any]:
    """Texts and lists that repeat stand once; an answer is [text, grade, strict, key facts as bits or -1, wrong values]."""
    texts: dict[str, int] = {}
    wrongs: dict[tuple[str, ...], int] = {(): 0}
    grades: dict[str, int] = {}

    def packed(question: Question, answer: Answer | None) -> list[int] | None:
        if answer is None:
            return None
        marks = found.marker.marks(question, answer)
        hits = -1 if marks is None else sum(2**bit for bit, hit in enumerate(marks.hit) if hit)
        wrong = () if marks is None else marks.wrong
        return [
            texts.setdefault(answer.text, len(texts)), grades.setdefault(answer.grade, len(grades)), int(answer.strict),
            hits, wrongs.setdefault(wrong, len(wrongs)),
        ]  # fmt: skip

    runs = [run for run in found.runs if run.answers]
    asked = list(found.questions.values())
    rows = []
    for run in runs:
        said = [packed(one, run.answers.get(one.qid)) for one in asked]
        rows.append({"title": run.title, "place": run.place, "answers": said})
    first, second = _sides(found, decision, runs)
    return {
        "questions": [_asked(one) for one in asked], "runs": rows, "texts": list(texts), "wrongs": list(map(list, wrongs)),
        "grades": list(grades), "base": [at for at, run in enumerate(runs) if _is_base(run)], "a": first, "b": second,
    }  # fmt: skip


def _asked(one: Question) -> dict[str, Any]:
    shown = {"qid": one.qid, "level": one.level, "split": one.split, "prompt": one.prompt, "gold": one.gold}
    return shown | {"keys": list(one.keys)}


def _sides(found: Contents, decision: Decision, runs: Sequence[Run]) -> tuple[int, int]:
    """What A and B are at first: the recommended one, and the best of the others."""
    ranked = [one for one in (decision.recommended, *found.trained) if one is not None and one.runs]
    places = list(dict.fromkeys(one.runs[0].place for one in ranked))
    at = [n for place in places for n, run in enumerate(runs) if run.place == place]
    others = [n for n, run in enumerate(runs) if n not in at[:1]]
    first = at[0] if at else 0
    return first, at[1] if len(at) > 1 else others[0] if others else first


def _is_base(run: Run) -> bool:
    return run.place.split("/")[-1] == FLOOR


def escaped(found: Mapping[str, Any]) -> str:
    """JSON in which no text can end the script that it stands in."""
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c").replace("&", "\\u0026")
