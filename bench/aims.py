"""What was aimed at, beside what was reached. A missed aim stays on the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from bench.estimate import trl_makespan
from bench.settings import Measurement, Run


@dataclass(frozen=True)
class Aim:
    """A figure that should be reached on one model and kind of device."""

    model: str  # as on the command line
    quantization: str
    cuda: bool
    told: str
    wanted: float
    unit: str  # × against TRL (answers: against one at a time) | %
    what: str
    k: int | None  # None: the best K
    rows: str = "equal"


AIMS = (
    Aim("7b", "none", True, "7B bf16, training, K=32", 38, "×", "packed", 32),
    Aim("7b", "nf4", True, "7B nf4, training, K=32", 30, "×", "packed", 32),
    Aim("7b", "int8", True, "7B int8 (threshold 0), training, K=32", 25, "×", "packed", 32),
    Aim("7b", "none", True, "7B bf16, share of the measured product rate, K=32", 65, "%", "packed", 32),
    Aim("7b", "none", True, "7B bf16, answers/s against one question at a time", 300, "×", "answers", None),
    Aim("135m", "none", True, "135M, training a trial-step, K=36", 150, "×", "packed", 36),
    Aim("135m", "none", True, "135M, one slot alone", 10, "×", "solo", 1),
    Aim("135m", "none", True, "135M, the sweep of 36 trials (for TRL, one question at a time)", 100, "×", "sweep", None),
    Aim("embedded", "none", False, "CPU, rows of equal length, at least", 2.5, "×", "packed", None),
    Aim("embedded", "none", False, "CPU, rows of equal length", 4, "×", "packed", None),
    Aim("embedded", "none", False, "CPU, the shipped set's rows", 4, "×", "packed", None, "real"),
)


def table(runs: Sequence[Run]) -> Iterator[str]:
    """The aims that these runs can be held to; nothing where there are none."""
    rows = []
    for aim in AIMS:
        by_date = sorted((run for run in runs if _concerns(aim, run)), key=lambda run: str(run.about["date"]))
        reached = [found for run in by_date if (found := _reached(aim, run)) is not None]
        if reached:
            best = reached[-1]  # of the newest run
            verdict = "reached" if best >= aim.wanted else f"missed: {100 * best / aim.wanted:.0f} % of it"
            rows.append(f"| {aim.told} | {aim.wanted:g} {aim.unit} | {best:.1f} {aim.unit} | {verdict} |")
    if rows:
        yield from (
            "| aim (resident base, TRL = 1×; training: of equal length where not said) | wanted | measured | |",
            "|---|---|---|---|",
            *rows,
            "",
        )


def _concerns(aim: Aim, run: Run) -> bool:
    asked = run.about["settings"]
    same = asked["model"] == aim.model and asked["quantization"] == aim.quantization and run.about["cuda"] == aim.cuda
    return same and asked["cap_gb"] is None


def _reached(aim: Aim, run: Run) -> float | None:
    if aim.what == "sweep":
        return _sweep(run)
    rows = "" if aim.what == "answers" else aim.rows
    wanted = (one for one in run.measurements if one.what == aim.what and one.rows == rows and one.fits)
    found = [one for one in wanted if aim.k is None or one.k == aim.k]
    base = run.find("answers_one") if aim.what == "answers" else run.find("trl_step", aim.rows)
    if aim.unit == "%":
        return max((100 * median(one.share) for one in found), default=None)
    if base is None:
        return None
    return max((_ratio(base, one) for one in found), default=None)


def _ratio(base: Measurement, one: Measurement) -> float:
    return one.answer_rate / base.answer_rate if one.what == "answers" else base.per_step / one.per_step


def _sweep(run: Run) -> float | None:
    sweep = run.find("sweep")
    trl = trl_makespan(run, sweep, with_load=False) if sweep is not None else None
    return trl[0] / sweep.typical if trl is not None and sweep is not None else None
