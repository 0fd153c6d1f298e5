"""The plots of a study over levels, steps and epochs: the ladder, loss curves, accuracy by epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean

from sweep.goals import KEPT
from sweep.report.comparison import Cell, Comparison, Line
from sweep.report.contents import Contents, Run
from sweep.report.drawing import SERIES, Box, Dot, Frame, Mark, Plot, Stroke, Words, shortened, ticks
from sweep.report.propagation import CEILING, FLOOR

POINTS = 120  # of a curve; more are averaged in bins
BEHIND = 60  # curves drawn in grey behind the best ones
BEST = 6  # lines that have a colour
SCORES = ("objective", "macro/acc")  # what is told by epoch: the first that was measured


def ladder(found: Comparison) -> Plot | None:
    """Each arm at each level with its interval; the untouched base and the fact in the prompt as bands behind."""
    levels = [level for level in found.levels if level != KEPT]
    bands = {line.name: line for line in found.lines if line.name in (FLOOR, CEILING)}
    lines = [*_beside(found), *[line for line in found.lines if line.trained][:BEST]][:SERIES]
    if not levels or not (lines or bands):
        return None
    frame = Frame(0, len(levels), 0, 1, height=370)
    marks: list[Mark] = list(frame.grid([], [(value, f"{value:.1f}") for value in (0, 0.2, 0.4, 0.6, 0.8, 1)], "", found.measure))
    for at, level in enumerate(levels):
        sizes = [line.cells[level].questions for line in found.lines if level in line.cells]
        marks.append(Words(frame.x(at + 0.5), frame.height - frame.bottom + 18, f"{level} (n={max(sizes)})"))
        for name, css in ((FLOOR, "floor"), (CEILING, "ceiling")):
            if name in bands and level in bands[name].cells:
                marks += _band(frame, at, bands[name].cells[level], css, name)
    for series, line in enumerate(lines):
        marks += _rung(frame, levels, line, series, len(lines))
    legend = [(f"s{series}", line.name) for series, line in enumerate(lines)]
    legend += [(css, words) for name, css, words in _bands() if name in bands]
    note = f"On {found.split} questions. Bars: 95 % interval by fact."
    return Plot("ladder", f"{found.measure.capitalize()} by level", frame.width, frame.height, tuple(marks), tuple(legend), note)


def losses(contents: Contents) -> Plot | None:
    """Training loss by optimizer step: the best trials in colour, others in grey."""
    curves = [(run, _binned(run.losses)) for run in _trained(contents) if run.losses]
    note = "The best on dev in colour; each point is a mean over neighbouring steps."
    return _curves("losses", "Training loss", "optimizer step", "nats an answer token", curves, note, least=0.0)


def epochs(contents: Contents) -> Plot | None:
    """The objective, or accuracy, at each epoch's end, on the few dev questions that are asked there."""
    runs = _trained(contents)
    score = next((name for name in SCORES if any(len(run.epochs.get(name, ())) > 1 for run in runs)), None)
    if score is None:
        return None
    curves = [(run, run.epochs[score]) for run in runs if score in run.epochs]
    title = "Objective by epoch" if score == "objective" else "Accuracy by epoch"
    note = "Before the last epoch a few questions a level are asked (evaluation.rung_questions); at the last, all."
    return _curves("epochs", title, "epoch", "on dev", curves, note, least=0.0, most=1.0)


def _curves(
    name: str, title: str, x: str, y: str, curves: Sequence[tuple[Run, Sequence[tuple[float, float]]]], note: str, *,
    least: float, most: float | None = None,
) -> Plot | None:  # fmt: skip
    if not curves:
        return None
    xs, ys = [at for _, curve in curves for at, _ in curve], [value for _, curve in curves for _, value in curve]
    frame = Frame(min(xs), max(xs) if max(xs) > min(xs) else min(xs) + 1, least, most if most is not None else max(ys) or 1.0)
    marks = list(frame.grid(ticks(frame.x0, frame.x1, 8, whole=True), ticks(frame.y0, frame.y1), x, y))
    for run, curve in reversed(curves[BEST : BEST + BEHIND]):
        marks.append(_curve(frame, run, curve, "behind"))
    for series, (run, curve) in reversed(list(enumerate(curves[:BEST]))):
        marks.append(_curve(frame, run, curve, f"line s{series}"))
        marks += [Dot(frame.x(at), frame.y(value), series, f"{run.title}: {value:.2f}") for at, value in _few(curve)]
    legend = [(f"s{series}", run.title) for series, (run, _) in enumerate(curves[:BEST])]
    legend += [("behind", f"{min(BEHIND, len(curves) - BEST)} others")] if len(curves) > BEST else []
    return Plot(name, title, frame.width, frame.height, tuple(marks), tuple(legend), note)


def _curve(frame: Frame, run: Run, curve: Sequence[tuple[float, float]], css: str) -> Stroke:
    return Stroke(tuple((frame.x(at), frame.y(value)) for at, value in curve), css, run.title)


def _few(curve: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """Points that carry a marker."""
    return curve if len(curve) <= 20 else [curve[-1]]


def _binned(curve: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    size = -(-len(curve) // POINTS)
    bins = [curve[at : at + size] for at in range(0, len(curve), size)]
    return [(fmean(at for at, _ in one), fmean(value for _, value in one)) for one in bins]


def _trained(contents: Contents) -> list[Run]:
    """The search's trainings, the best first."""
    ranked = [run for one in contents.trained for run in one.runs]
    rest = [run for run in contents.runs if run.place[0].isdigit() and run not in ranked]
    return [*ranked, *rest]


def _beside(found: Comparison) -> list[Line]:
    return [line for line in found.lines if not line.trained and line.name not in (FLOOR, CEILING)]


def _bands() -> tuple[tuple[str, str, str], ...]:
    return ((FLOOR, "floor", "floor: the untouched base"), (CEILING, "ceiling", "ceiling: the fact in the prompt"))


def _band(frame: Frame, at: int, cell: Cell, css: str, name: str) -> Iterator[Mark]:
    left, right = frame.x(at + 0.04), frame.x(at + 0.96)
    yield Box(left, frame.y(cell.high), right - left, frame.y(cell.low) - frame.y(cell.high), css, _told(name, cell))
    yield Stroke(((left, frame.y(cell.value)), (right, frame.y(cell.value))), f"middle {css}")


def _rung(frame: Frame, levels: Sequence[str], line: Line, series: int, of: int) -> Iterator[Mark]:
    for at, level in enumerate(levels):
        if (cell := line.cells.get(level)) is None:
            continue
        x, low, high = frame.x(at + 0.14 + 0.72 * (series + 0.5) / of), frame.y(cell.low), frame.y(cell.high)
        yield Stroke(((x, low), (x, high)), f"error s{series}")
        yield Stroke(((x - 4, low), (x + 4, low)), f"error s{series}")
        yield Stroke(((x - 4, high), (x + 4, high)), f"error s{series}")
        yield Dot(x, frame.y(cell.value), series, _told(shortened(line.name, 400), cell))


def _told(name: str, cell: Cell) -> str:
    return f"{name}: {cell.value:.2f} [{cell.low:.2f}, {cell.high:.2f}], n={cell.questions}, {cell.facts} separate facts"
