"""Grade one answer: does it hold every fact asked for, none that is wrong, and nothing that was made up?

Grades and the two accuracies built on them follow the SimpleQA convention (Wei et al. 2024, arXiv:2411.04368), with PARTIAL added
for questions that ask for several facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sweep.text.denial import abstains
from sweep.text.health import is_loop, is_over_long, len_ratio
from sweep.text.match import Found, find, vocabulary
from sweep.text.normalise import normalise
from sweep.text.prepared import prepare
from sweep.text.sentences import first_sentence
from sweep.text.unsupported import unsupported


class Grade(StrEnum):
    CORRECT = "CORRECT"  # every key group found, no forbidden value
    PARTIAL = "PARTIAL"  # some key groups found, no forbidden value
    INCORRECT = "INCORRECT"  # everything else, including every answer with a forbidden value
    NOT_ATTEMPTED = "NOT_ATTEMPTED"  # empty, or says that it does not know; no key, no forbidden value


@dataclass(frozen=True, slots=True)
class Score:
    """What one answer is worth. Shares lie in 0..1; lengths are counted in characters of normalised text without separators."""

    grade: Grade
    strict: bool  # CORRECT, and it ended, does not loop, is not over-long and made nothing up
    key_recall: float  # key groups found / key groups asked for; 0.0 where there are none
    loop: bool  # a block of 8-120 characters repeated at once
    len_ratio: float | None  # length of the answer / length of the gold answer; None without a gold answer
    over_long: bool  # longer than max(2 gold, gold + 20)
    unsupported: tuple[str, ...]  # dates, numbers, names, URLs, ... that stand in no text it was held against
    forbidden: tuple[str, ...]  # forbidden values found, as given
    head: Grade  # grade of the first sentence alone: CORRECT here and not above means "knows but does not stop"


def score(
    answer: str,
    keys: Sequence[Sequence[str]],
    forbidden: Iterable[str] = (),
    others: Iterable[str] = (),
    gold: str = "",
    ended: bool | None = None,
    *,
    question: str = "",
    facts: Iterable[str] = (),
    names: bool = False,
) -> Score:
    """Grade `answer` against `keys`: an AND of ORs, each inner list the accepted names of one fact.

    `forbidden` values make the answer wrong; `others` are known names that only mask: the longest known name wins, so that a
    short name is not credited inside a longer one. A value in both `keys` and `forbidden` counts as a key. `names`: the question
    asks for names, so that a key is not credited inside some longer ones that are not known either (`longer`).
    `ended` is False when generation hit its limit before the end token, None when that is not known.
    `unsupported` holds the answer against `question`, `facts` (statements) and `gold`; key aliases count as supported too.
    Without any of the three there is nothing to hold it against, and the check is off; without `gold` the length checks are off.
    No keys: never CORRECT; use `sweep.text.fallback.content_recall` for data without keys.

    Raises: ValueError, if `keys` is a string or a flat list of strings.
    """
    groups = _alias_groups(keys)
    known_names = vocabulary(groups, tuple(forbidden), tuple(others), whole=names)
    found = find(prepare(answer), known_names)
    grade = _grade(answer, found, len(groups))
    head = first_sentence(answer)
    known = (question, *facts, gold)
    invented = unsupported(answer, (*known, *(alias for group in groups for alias in group))) if any(known) else ()
    loop, over_long = is_loop(answer), is_over_long(answer, gold)
    return Score(
        grade=grade,
        strict=grade is Grade.CORRECT and ended is not False and not (loop or over_long or invented),
        key_recall=len(found.groups) / len(groups) if groups else 0.0,
        loop=loop,
        len_ratio=len_ratio(answer, gold),
        over_long=over_long,
        unsupported=invented,
        forbidden=found.forbidden,
        head=_grade(head, find(prepare(head), known_names), len(groups)),
    )


def matched(
    answer: str,
    keys: Sequence[Sequence[str]],
    forbidden: Iterable[str] = (),
    others: Iterable[str] = (),
    *,
    names: bool = False,
) -> Found:
    """Which key groups and forbidden values `score` finds in an answer."""
    return find(prepare(answer), vocabulary(_alias_groups(keys), tuple(forbidden), tuple(others), whole=names))


def _grade(answer: str, found: Found, asked: int) -> Grade:
    if found.forbidden:
        return Grade.INCORRECT
    if not found.groups:
        return Grade.NOT_ATTEMPTED if abstains(normalise(answer)) else Grade.INCORRECT
    return Grade.CORRECT if len(found.groups) == asked else Grade.PARTIAL


def _alias_groups(keys: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    if isinstance(keys, str) or any(isinstance(group, str) for group in keys):
        raise ValueError(f'keys: got {keys!r}, expected lists of aliases; write [["Tokyo", "Tōkyō"]]')
    return tuple(tuple(group) for group in keys)
