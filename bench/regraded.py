"""What the scorer's rules for unknown longer names (docs/decisions/0007) change on the answers of a study.

    python -m bench.regraded knowledge/studies/article_small-866ab8cc       a study of `bench.knowledge run`

Every answer of every seed is graded with and without the rules; those that they grade otherwise are shown, to be read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.answers import Run, completed

from sweep.data import source
from sweep.data.records import Dataset
from sweep.text.score import Grade, score


@dataclass(frozen=True)
class Regraded:
    """One answer by both."""

    qid: str
    text: str
    before: Grade
    after: Grade


def regraded(study: Path) -> Iterator[Regraded]:
    """Each answer of the ladder, of all trainings that were completed. Raises: DataFault where their data is no longer there."""
    dataset = cache(source.load)
    for place, body in completed(study):
        run = Run.of(place, body)
        found: Dataset = dataset(run.path)
        items = {item.qid: item for item in found.eval}
        for (qid, _), row in run.rows.items():
            item = items[qid]
            known = found.forbidden_for(item), found.others_for(item)
            before, after = (score(row["answer"], item.keys, *known, names=names).grade for names in (False, item.asks_for_names))
            yield Regraded(qid, row["answer"], before, after)


def main() -> int:
    """Print what is graded otherwise, and how many of how many."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("study", type=Path, help="the folder of a study")
    answers = list(regraded(parser.parse_args().study))
    turned = [one for one in answers if one.before != one.after]
    for one in turned:
        print(f"{one.before} -> {one.after}  {one.qid}  {one.text}")
    right = sum(one.before == Grade.CORRECT for one in turned)
    print(f"{len(turned)} of {len(answers)} answers are graded otherwise, {right} of them had counted as right")
    return 0


if __name__ == "__main__":
    sys.exit(main())
