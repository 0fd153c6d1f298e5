"""An experiment's page without the questions that its base cannot be measured with: the same arms, and verdicts that turn.

`python -m bench.knowledge certify` asks the untouched base every question of the companies, alone and with the facts in its
prompt; what it left (`sweep.certify`) lies in `certified/` beside the pages, a folder a company.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.answers import Experiment, Left
from bench.run import commit
from bench.shapes import BITS

from sweep import certify
from sweep.cli.plain import composed
from sweep.evaluate.wordings import MOST
from sweep.track import certificate

FOLDER = "certified"


def ask(args: argparse.Namespace, companies: Sequence[Path], profile: str) -> None:
    """Certify every company; begun before, it goes on. Raises: Fault for overrides that are none."""
    for path in companies:
        place: Path = args.out / FOLDER / profile / path.name
        certify.certify(composed([f"data.path={path}", *args.words]), MOST, place, None)
        for file in place.glob("*.json"):
            found = certificate.read(file)
            named = {"commit": args.commit, "dirty": False} if args.commit else {"commit": commit()}
            certificate.write(file, replace(found, about={**found.about, **named}))


def flagged(place: Path, experiment: Experiment) -> Left | None:
    """(company, qid) of what a base of an experiment cannot be measured with, any of them where it had several: its arms are held
    against each other on questions that all of its bases are sound at. None where not every company is certified for each, and
    where more of a base than its bits was an axis.

    Companies are the same where their questions have the same ids.
    """
    if any(key.startswith("quantization") and key != BITS for key in experiment.about["space"]):
        return None
    left = set[tuple[str, str]]()
    for name, company in experiment.companies.items():
        files = [certificate.read(file) for file in sorted(place.glob(f"{FOLDER}/*/{name}/*.json"))]
        asked = {qid for qid, *_ in company.questions}
        for quantization in experiment.quantizations:
            wanted = (experiment.about["model"], quantization)
            same = (one for one in files if (one.about["model"], one.about["quantization"]) == wanted)
            one = next((one for one in same if asked <= one.marks.keys()), None)
            if one is None:
                return None
            left |= {(name, qid) for qid in one.flagged if qid in asked}
    return frozenset(left)
