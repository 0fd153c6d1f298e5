"""What training did beside teaching, arm by arm, on a page of `verdicts.py`: what the base knew and still does, leaks, drift."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean, stdev

from bench.pooled import Arm

from sweep import costs
from sweep.goals import KEPT
from sweep.report.costs import COLUMNS
from sweep.report.rows import markdown

FIGURES = (KEPT, costs.LEAK, costs.PREMISE, costs.REFUSAL, costs.DISTINCT, costs.KL)
WORDS = {name: COLUMNS[name].replace("\n", " ") for name in FIGURES}


def table(arms: Sequence[Arm]) -> Iterator[str]:
    """Mean over trainings and their spread; nothing where no training was measured so."""
    names = [name for name in WORDS if any(name in one.costs for arm in arms for one in arm.answers)]
    if not names:
        return
    yield "*kept*: of the general questions that the base answers right, the share that still are; *leak*: answers about"
    yield "companies that were never trained with a trained value; *false premises*: about common knowledge, mean of right on"
    yield "false ones and on their true twins; *refusals*, *distinct*: of open questions; *KL*: from the base on neutral text,"
    trainings = max(len(arm.answers) for arm in arms)
    yield f"nats a token. Mean and sd of {trainings} trainings, companies and seeds together; some are tested on the page of"
    yield "[what published work expects](literature.md), none here."
    yield ""
    lines = [["arm", *(WORDS[name] for name in names)]]
    lines += [[arm.name, *(_cell(arm, name) for name in names)] for arm in arms]
    yield markdown(lines).rstrip("\n")


def _cell(arm: Arm, name: str) -> str:
    values = [one.costs[name] for one in arm.answers if name in one.costs]
    if not values:
        return "–"
    return f"{fmean(values):.2f}" + (f" sd {stdev(values):.2f}" if len(values) > 1 else "")
