"""Figures that are computed, not measured, and marked so wherever they are shown: a whole sweep by TRL, and another device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.settings import Measurement, Run

EPOCHS, TRAIN_ROWS = 8, 121  # of a trial on the shipped set, by the product's defaults


@dataclass(frozen=True)
class Card:
    """A data sheet: dense bf16 operations a second, bytes a second of memory."""

    name: str
    products: float
    memory: float


L4 = Card("L4", 121e12, 0.30e12)
REACHED = 0.41  # of a data sheet's products: what an H100 reached with 7B in bf16 at K=32
# bytes read and written for a frozen parameter in one pass; nf4 is written out in bf16 and read again
PASS_BYTES = {"none": 2.0, "int8": 1.0, "nf4": 0.5 + 2.0 + 2.0}


def steps_a_trial(run: Run) -> int:
    """Optimizer steps of one trial on the shipped set."""
    return EPOCHS * -(-TRAIN_ROWS // int(run.about["batch"]))


def trl_makespan(run: Run, sweep: Measurement, with_load: bool, answering: bool = True) -> tuple[float, str] | None:
    """Seconds that TRL would take for the same trials and questions, one by one, and the arithmetic.

    `answering`: False leaves the questions out, which somebody might ask in batches.
    """
    kind = next((kind for kind in ("mixed", "real", "equal") if run.find("trl_step", kind)), None)
    load, one_by_one = run.find("trl_load"), run.find("answers_one")
    step, start = (run.find("trl_step", kind), run.find("trl_start", kind)) if kind else (None, None)
    if step is None or start is None or load is None or one_by_one is None:
        return None
    trials, each = int(sweep.more["complete"]), one_by_one.typical / one_by_one.answers
    loads = trials if with_load else 1
    seconds = loads * load.typical + trials * start.typical + sweep.trial_steps * step.per_step
    told = (
        f"{loads} × {load.typical:.1f} s load + {trials} × {start.typical:.2f} s start + {sweep.trial_steps:,} steps × "
        f"{1e3 * step.per_step:.1f} ms ({kind} rows)"
    )
    if not answering:
        return seconds, told
    return seconds + sweep.answers * each, f"{told} + {sweep.answers:,} answers × {each:.2f} s"


def l4(run: Run) -> Iterator[str]:
    """Estimates for every pack that ran within the cap."""
    trl = run.find("trl_step", "equal")
    packs = [one for one in run.measurements if one.what == "packed" and one.rows == "equal" and one.fits]
    packs = [one for one in packs if not any("no memory" in note for note in one.notes)]  # those ran in parts
    if trl is None or not packs or not run.about["cuda"]:
        return
    about = run.about
    parameters = about["block_parameters"] + about["head_parameters"]
    tokens = trl.tokens[0] / trl.trial_steps
    streamed = 2 * PASS_BYTES[about["quantization"]] * parameters / L4.memory
    computed = 4 * parameters * tokens / (REACHED * L4.products)
    alone = max(trl.per_step, streamed, computed)
    yield "**What an L4 would get: an estimate, not measured.** By its data sheet it has"
    yield f"{L4.products / 1e12:.0f} TFLOP/s of bf16 products, of which {100 * REACHED:.0f} % are taken to be reached,"
    yield f"and {L4.memory / 1e9:.0f} GB/s of memory. A step must read the base twice ({1e3 * streamed:.0f} ms, whatever K is)"
    yield f"and compute ({1e3 * computed:.0f} ms a trial); the quicker figure has both at once, the slower one after the"
    yield f"other. TRL's step is bound by its host as here ({1e3 * trl.per_step:.0f} ms) or by the larger of the two:"
    yield f"{1e3 * alone:.0f} ms. That an L4 lowers its clock at 72 W is left out."
    yield ""
    yield "| estimate | K | ms a trial-step | TRL = 1× |"
    yield "|---|---|---|---|"
    for one in packs:
        together = one.k * computed
        quick, slow = max(streamed, together) / one.k, (streamed + together) / one.k
        yield f"| L4 | {one.k} | {1e3 * quick:.1f} to {1e3 * slow:.1f} | {alone / slow:.1f} to {alone / quick:.1f}× |"
    yield ""
