"""What a judge said of a study, as a table: never the objective, and no part of any choice."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table

from sweep.report.agreement import Agreement, Judged, agreement, by_level
from sweep.report.live import console

NEVER = "The judge is a second opinion and never the objective: trials are chosen by the scorer alone."


def show(judged: Sequence[Judged], model: str, runs: int) -> None:
    """Print it. `runs`: trials, seeds and arms whose answers these are."""
    title = f"{model} grades {len(judged)} answers of {runs} trials and arms a second time; kappa with a 95 % interval by fact"
    drawn = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for at, words in enumerate(("level", "n", "scorer: right", "judge: right", "agreement", "kappa")):
        drawn.add_column(words, justify="right" if at else "left", no_wrap=True)
    for name, found in {**by_level(judged), "all": agreement(judged)}.items():
        drawn.add_row(name, *cells(found))
    console.print(drawn)
    if unread := sum(one["verdict"] is None for one in judged):
        console.print(f"Left out: {unread} replies that began with none of CORRECT, PARTIAL, INCORRECT (judged.jsonl has them).")
    console.print(NEVER)


def cells(found: Agreement) -> list[str]:
    """n, both shares, agreement, kappa."""
    shares = [_text(share) for share in (found.scorer, found.judge, found.agreement)]
    between = f" [{found.low:.2f}, {found.high:.2f}]" if found.low is not None and found.high is not None else ""
    return [str(found.n), *shares, f"{_text(found.kappa)}{between}"]


def _text(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
