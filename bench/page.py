"""The page of one or several runs: ratios first, then every figure, each with what it includes. Nothing here is typed by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from bench.aims import table as aims
from bench.estimate import EPOCHS, TRAIN_ROWS, l4, steps_a_trial, trl_makespan
from bench.settings import Measurement, Run, read

NAMES = {
    "trl_step": "TRL, resident base",
    "solo_eager": "ours, one slot, nothing recorded",
    "solo": "ours, one slot, at its best",
    "packed": "ours, packed",
}
KINDS = {
    "equal": "rows of equal length, random tokens, rank 16, seven layers",
    "real": "the shipped set's rows in their own lengths, one order for all trials, rank 16, seven layers",
    "mixed": "the shipped set's rows, an order for each trial, three target sets, ranks 4, 16, 64",
}


def write(page: Path, files: Sequence[Path]) -> None:
    """Write the page from what these runs found."""
    runs = [read(file) for file in files]
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("\n".join(_page(runs)).rstrip() + "\n", encoding="utf-8")


def _page(runs: Sequence[Run]) -> Iterator[str]:
    devices = sorted({run.about["device"] for run in runs})
    yield from (f"# Packed training against TRL: {', '.join(devices)}", "")
    yield "Written by `bench/packed.py --page` from measurements. A ratio is of two figures of one run, TRL = 1×. A figure is"
    yield "the median of its windows, the span of all windows beside it. Warm-up and the recording of CUDA graphs lie outside."
    yield ""
    yield from aims(runs)
    for run in runs:
        yield from _section(run)
    yield from _terms(runs)


def _section(run: Run) -> Iterator[str]:
    about = run.about
    cap = about["settings"]["cap_gb"]
    quantization = "" if about["quantization"] == "none" else f", {about['quantization']}"
    within = f", within {cap:g} GB" if cap else ""
    compiled = ", blocks compiled" if about["settings"]["compile"] else ""
    yield from (f"## {about['model']}{quantization}{within}{compiled}", "")
    packages = ", ".join(f"{name} {version}" for name, version in about["packages"].items() if version)
    yield f"Commit `{about['commit']}`, {about['device']}, {about['precision']}, {about['date'][:10]}; {packages}."
    yield f"Measured rate of products: {about['product_rate'] / 1e12:.3g} TFLOP/s ({about['product_shape']})."
    if not about["cuda"]:
        yield f"{about['threads']} threads. Peak memory is that of the whole process, in which earlier measurements leave traces."
    yield ""
    for kind in about["settings"]["rows"]:
        yield from _training(run, kind)
    yield from _answers(run)
    yield from _sweeps(run)
    if about["cuda"] and cap:
        yield from l4(run)


def _training(run: Run, kind: str) -> Iterator[str]:
    found = [one for one in run.measurements if one.rows == kind and one.what in NAMES]
    if not found:
        return
    trl = run.find("trl_step", kind)
    steps, batch = steps_a_trial(run), run.about["batch"]
    length = f" of {run.about['length']} tokens" if kind == "equal" else ""
    yield f"**Training**, {batch} rows{length} a trial-step; {KINDS[kind]}:"
    yield ""
    yield "| | K | ms a trial-step | TRL = 1× | tokens/s | trials/hour | share of products | peak GiB |"
    yield "|---|---|---|---|---|---|---|---|"
    for one in found:
        if not one.fits:
            yield f"| {NAMES[one.what]} | {one.k} | {'; '.join(one.notes)} | – | – | – | – | – |"
            continue
        if one.what == "trl_step":
            yield from _with_load(run, one)
        share = f"{100 * median(one.share):.2g} %"
        hour = _figure(3600 / (one.per_step * steps))
        rate = f"{one.token_rate:,.0f}"
        yield f"| {NAMES[one.what]} | {one.k} | {_ms(one)} | {_times(trl, one)} | {rate} | {hour} | {share} | {_gib(one)} |"
    yield ""
    yield from _notes(found)
    if run.about["cuda"]:
        yield from _memory([one for one in found if one.what == "packed" and one.fits])


def _memory(found: Sequence[Measurement]) -> Iterator[str]:
    """What one more trial takes, from the smallest pack to the largest, beside what `executor.slots=auto` reckons with."""
    small, large = min(found, key=lambda one: one.k, default=None), max(found, key=lambda one: one.k, default=None)
    if small is None or large is None or small.k == large.k or "predicted_trial_bytes" not in large.more:
        return
    measured = (large.peak_bytes - small.peak_bytes) / (large.k - small.k)
    yield f"One more trial takes {measured / 2**30:.2f} GiB (K={small.k} to {large.k}); predicted for the choice of slots:"
    yield f"{large.more['predicted_trial_bytes'] / 2**30:.2f} GiB."
    yield ""


def _with_load(run: Run, step: Measurement) -> Iterator[str]:
    """The usual script: a process, or at least a base, for every trial."""
    load, start, steps = run.find("trl_load"), run.find("trl_start", step.rows), steps_a_trial(run)
    if load is None or start is None or not load.fits:
        return
    trial = load.typical + start.typical + steps * step.per_step
    ratio = steps * step.per_step / trial
    rate = step.token_rate * ratio
    told = f"TRL, load included ({load.typical:.1f} s load, {start.typical:.1f} s start, scaled to {steps} steps)"
    yield f"| {told} | 1 | {1e3 * trial / steps:.1f} | {ratio:.2f}× | {rate:,.0f} | {_figure(3600 / trial)} | – | – |"


def _answers(run: Run) -> Iterator[str]:
    found = [one for one in run.measurements if one.what in ("answers_one", "answers")]
    if not found:
        return
    one_by_one = run.find("answers_one")
    asked = run.about["settings"]
    count, each = asked["questions"], asked["asked"]
    yield f"**Answers** of at most {asked['tokens']} tokens; {count} questions one at a time, {each} to each adapter of a pack;"
    yield "adapters are fresh:"
    yield ""
    yield "| | K | answers/s | one at a time = 1× | tokens/s | peak GiB |"
    yield "|---|---|---|---|---|---|"
    for one in found:
        name = "`generate`, one question at a time" if one.what == "answers_one" else "ours, all questions to all adapters"
        if not one.fits:
            yield f"| {name} | {one.k} | {'; '.join(one.notes)} | – | – | – |"
            continue
        ratio = f"{one.answer_rate / one_by_one.answer_rate:,.1f}×" if one_by_one else "–"
        yield f"| {name} | {one.k} | {one.answer_rate:,.2f} | {ratio} | {one.token_rate:,.0f} | {_gib(one)} |"
    yield ""


def _sweeps(run: Run) -> Iterator[str]:
    sweep, reference = run.find("sweep"), run.find("sweep_trl")
    if sweep is None:
        return
    trials, complete = sweep.more["trials"], sweep.more["complete"]
    smaller = run.about["settings"]["sweep_args"]
    chosen = f"made small by `{' '.join(smaller)}`" if smaller else "otherwise the product's defaults"
    yield f"**A sweep** of {trials} trials ({complete} completed), {sweep.trial_steps:,} optimizer steps,"
    yield f"{sweep.answers:,} answers, {chosen}. Ours includes: {'; '.join(sweep.notes)}."
    yield ""
    yield "| | makespan | TRL, resident base = 1× | trials/hour | |"
    yield "|---|---|---|---|---|"
    resident = trl_makespan(run, sweep, with_load=False)
    spans = (
        ("TRL, load for each trial", trl_makespan(run, sweep, with_load=True)),
        ("TRL, resident base", resident),
        ("TRL, resident base, nothing asked", trl_makespan(run, sweep, with_load=False, answering=False)),
    )
    for name, found in spans:
        if found is not None and resident is not None:
            seconds, told = found
            yield _span(name, seconds, resident[0], trials, f"scaled: {told}")
    if reference is not None:
        done = reference.more["complete"]
        seconds = reference.typical * complete / max(done, 1)
        told = f"measured {reference.typical:.1f} s for {done} trials, scaled; questions answered in batches by us"
        yield _span("`training.engine=reference`", seconds, resident[0] if resident else None, trials, told)
    told = f"measured; runs {len(sweep.seconds)}, peak {_gib(sweep)} GiB"
    yield _span("ours", sweep.typical, resident[0] if resident else None, trials, told)
    yield ""


def _span(name: str, seconds: float, base: float | None, trials: int, told: str) -> str:
    ratio = f"{base / seconds:,.2f}×" if base is not None else "–"
    return f"| {name} | {seconds:,.0f} s | {ratio} | {_figure(3600 * trials / seconds)} | {told} |"


def _terms(runs: Sequence[Run]) -> Iterator[str]:
    parts = sorted({part for run in runs for part in run.about["settings"]["parts"]})
    yield from ("## What the figures include", "")
    yield "- *ms a trial-step*: wall time of an optimizer step of all K trials, over K: batches made, forward, backward,"
    yield "  clipping, update, losses read. No evaluation, no checkpoint. TRL: `SFTTrainer` on the same rows in the same order,"
    yield "  labels and precision; three trials of a few steps, scaled."
    yield f"- *trials/hour*: at that pace, for trials of {TRAIN_ROWS} rows and {EPOCHS} epochs; training alone."
    yield "- *tokens*: of the trials' own rows, without padding. Beginnings that rows share are computed once, counted in each."
    yield "- *share of products*: 4 operations a parameter and token (labels only, at the head), over the measured rate."
    yield "- *real and mixed rows*: 121 rows and 300 paraphrases, more than a sweep takes, so that no row comes twice."
    yield "- *makespan of TRL*: scaled from its steps and from answers one at a time; without checkpoints, tracking and the start"
    yield "  of processes, all of which ours includes."
    yield f"- Parts measured: {', '.join(parts)}."


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _times(trl: Measurement | None, one: Measurement) -> str:
    return "–" if trl is None else f"{trl.per_step / one.per_step:.1f}×"


def _ms(one: Measurement) -> str:
    steps = [1e3 * seconds / one.trial_steps for seconds in one.seconds]
    return f"{1e3 * one.per_step:.2f} ({min(steps):.2f}–{max(steps):.2f})"


def _gib(one: Measurement) -> str:
    return f"{one.peak_bytes / 2**30:.1f}" if one.peak_bytes else "–"


def _notes(found: Sequence[Measurement]) -> Iterator[str]:
    told = [f"- K={one.k}: {note}" for one in found if one.fits and one.what == "packed" for note in one.notes]
    yield from [*told, ""] if told else []
