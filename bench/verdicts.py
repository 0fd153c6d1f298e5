"""The page of an experiment on knowledge: arms by level on test, the contrasts that were declared, what came of expectations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from bench import beside, forgotten, recipes
from bench.answers import HEALTH, Experiment, Left, short
from bench.pooled import FIGURES, Arm, Figure, Pool, foretold, pool, recall, right, strict
from bench.shapes import RECALL, SHAPES, Shape

from sweep.report.paired import DESCRIPTIVE, NONE, Difference, difference, holm, interval
from sweep.report.rows import markdown

BIASED = """What is certified was chosen by what the base answers with the fact in its prompt, so these figures favour arms that
put it there."""
SIZES = {"smollm2_135m": ", 135M parameters"}
NOT_DETECTABLE = "not detectable"
FEWEST_SEEDS = 3  # below, no page claims anything
WORDS = {"loop_rate": "loops", "over_long_rate": "over-long", "eos_rate": "ended", "len_ratio": "length",
         "forbidden_rate": "wrong values", "unsupported_rate": "invented"}  # fmt: skip


@dataclass(frozen=True)
class Contrast:
    """One expected shape at one level."""

    shape: Shape
    level: int
    found: Difference
    adjusted: float  # p among all of the page
    also: str = ""  # what both arms have in common, where there are several axes

    @property
    def word(self) -> str:
        """Better, worse, or no detectable difference; of an adapter of one seed nothing is claimed."""
        thin = self.shape.axis == beside.ARM and {self.shape.of, self.shape.to} & beside.OF_ONE_SEED
        return DESCRIPTIVE if thin else self.found.verdict(self.adjusted)

    @property
    def verdict(self) -> str:
        """What became of the expectation."""
        return fate(self.word, self.shape.expected)


def fate(word: str, expected: str) -> str:
    """What became of an expectation. `word`: what was found, `expected`: what should have been, both as `paired` says them."""
    if word == DESCRIPTIVE:
        return DESCRIPTIVE
    if word == NONE:
        return NOT_DETECTABLE
    return "confirmed" if word == expected else "refuted"


def page(name: str, experiment: Experiment, left: Left | None = None) -> str:
    """Markdown. `left`: (company, qid) that the base cannot be measured with, where that is known: figures stand without.

    Raises: SystemExit for an experiment of which nothing was expected.
    """
    found, shapes = pool(experiment), expected(name)
    contrasts = judged(found, shapes)
    question = experiment.about["question"]
    lines = [f"# {question[0].upper()}{question[1:]}", "", *_how(name, experiment, found), ""]
    lines += ["## What was expected", "", *_expected(shapes, contrasts, found), ""]
    lines += ["## Accuracy on test", "", *_arms(found, right), ""]
    if "beside" in experiment.about:
        lines += [*beside.propagated(found), ""]
    lines += [
        "Strict: the answer also ends where it should, and says nothing that is not asked or not known.",
        "",
        *_arms(found, strict),
        "",
    ]
    if any(shape.figure == RECALL for shape in shapes):
        told = "Key recall: the share of what was asked that an answer holds, however long it is and whatever else it says."
        lines += [told, "", *_arms(found, recall), ""]
    if left is not None:
        base = "its bases" if len(experiment.quantizations) > 1 else "this base"
        lines += [
            f"## Without questions that {base} cannot be measured with",
            "",
            *_sound(found, len(experiment.quantizations), shapes, contrasts, left),
            "",
        ]
        lines += [BIASED, ""] if "beside" in experiment.about else []
    if "recipes" in experiment.about:
        lines += ["## What the search chose", "", *recipes.table(experiment.about["recipes"], experiment.about["searches"]), ""]
    if experiment.about["tune"]:
        lines += ["## What was tuned", "", *_tuned(found), ""]
    lines += ["## Every contrast", "", *_contrasts(contrasts), ""]
    if 4 in found.levels:
        lines += ["## Facts alone and facts together", "", *_together(found), ""]
    lines += ["## Long and short facts", "", *_lengths(found), ""]
    lines += ["## How the answers are", "", *_health(found), ""]
    if forgot := [*forgotten.table(found.arms)]:
        lines += ["## What was forgotten", "", *forgot, ""]
    lines += ["## What it cost", "", *_cost(experiment, found), ""]
    return "\n".join(lines)


def expected(name: str) -> tuple[Shape, ...]:
    """What was expected of an experiment. Raises: SystemExit where it was nothing."""
    if name not in SHAPES:
        raise SystemExit(
            f"{name}: got an experiment without expectations, expected one of {', '.join(SHAPES)}; add them to bench/shapes.py"
        )
    return SHAPES[name]


def judged(found: Pool, shapes: Sequence[Shape]) -> list[Contrast]:
    """Each shape at each of its levels, for every pair of arms that differ in its axis only; Holm over all of them.

    Raises: SystemExit for a shape of which there are no arms.
    """
    tested: list[tuple[Shape, int, Difference, str]] = []
    for shape in shapes:
        pairs = [(arm, found.partner(arm, shape.axis, shape.to)) for arm in found.find(shape.axis, shape.of)]
        if not any(other for _, other in pairs):
            raise SystemExit(f"{shape.text}: got no arms {shape.axis}={shape.of} and {shape.to} that are alike otherwise")
        for level in shape.levels:
            questions = found.questions(level)
            for arm, other in pairs:
                if other is not None:
                    before, after = (found.sheet(one, questions, FIGURES[shape.figure]) for one in (arm, other))
                    apart = difference(before, after, found.clusters(questions))
                    also = " ".join(f"{short(key)}={value}" for key, value in arm.params.items() if key != shape.axis)
                    tested.append((shape, level, apart, also))
    adjusted = holm([apart.p for _, _, apart, _ in tested])
    return [Contrast(shape, level, apart, p, also) for (shape, level, apart, also), p in zip(tested, adjusted, strict=True)]


def _how(name: str, experiment: Experiment, found: Pool) -> Iterator[str]:
    about, facts = experiment.about, len({fact for one in experiment.companies.values() for q in one.questions for fact in q[3]})
    seeds = len(found.seeds)
    yield f"Written by `python -m bench.knowledge page {name}` from the answers beside this page (`{name}.jsonl`), which"
    yield f"`python -m bench.knowledge run {name}` got from `python -m sweep +experiment={name}`"
    typed = "" if "parts" in about else _typed(about)
    yield f"(commit `{about['commit']}`, {about.get('device')}{typed})."
    yield ""
    yield f"* **One model only: {about['model']}**{SIZES.get(about['model'], '')}. Nothing here is known of larger ones."
    yield f"* {len(experiment.companies)} invented companies, {facts} facts, {seeds} training seeds, the same for all arms: each"
    yield "  figure is the mean over companies and seeds. A company's facts are trained together; companies never are."
    yield "* Intervals and tests count facts, not questions (sign-flip over facts, 95 %), Holm over all contrasts of this page;"
    yield "  a difference is named only where all seeds have its sign. *Detectable*: the smallest true difference that"
    yield "  this many facts would show four times in five, at the least p Holm asks for."
    if "beside" in about:
        yield "* Each company has a study of its own; `lora` is its best trial on dev, with all its seeds. Arms with an adapter"
        yield "  *and* retrieval have that of the first seed, so what a seed does to them is not seen: they are described."
    if "recipes" in about:
        yield "* Each company has a search of its own. Its finalists and the default recipe were trained with the same fresh"
        yield "  seeds; *found* is the finalist whose mean on dev is best. Questions of test had no part in any choice."
    if about["tune"]:
        tuned = ", ".join(f"`{key}`" for key in about["tune"])
        yield f"* {tuned}: each arm at its own best on dev (in brackets); claims are on test."
    if parts := experiment.about.get("parts"):
        told = "; ".join(" ".join(words) or "no others" for words in parts)
        yield f"* Joined of {len(parts)} parts that ran apart (`bench.knowledge join`), with these words: {told}."
    if left := experiment.about.get("left_out"):
        yield f"* Left out, since not every company was trained with it: {'; '.join(left)}."
    if seeds < FEWEST_SEEDS:
        yield f"* **Descriptive only**: {seeds} seeds, where {FEWEST_SEEDS} are the least."
    elif seeds < 6:
        yield f"* {seeds} seeds cover what a seed does only in part."


def _typed(about: Mapping[str, Any]) -> str:
    """With which words `bench.knowledge run` gets it again."""
    flags = [f"--{name} {' '.join(about[name])}" for name in ("words", "search") if about.get(name)]
    return f", with `{' '.join(flags)}`" if flags else ""


def _expected(shapes: Sequence[Shape], contrasts: Sequence[Contrast], found: Pool) -> Iterator[str]:
    lines = [["expected", "by", *(f"L{level}" for level in found.levels)]]
    for shape in shapes:
        cells = []
        for level in found.levels:
            same = [one for one in contrasts if one.shape == shape and one.level == level]
            cells.append("; ".join(_told(one, len(contrasts)) for one in same) or "–")
        lines.append([f"{shape.text}{_figure(shape)}", shape.source, *cells])
    yield markdown(lines).rstrip("\n")
    if len(found.seeds) < FEWEST_SEEDS:
        yield ""
        yield "Too few seeds: the words above describe these runs only."


def _figure(shape: Shape) -> str:
    """` (key recall)`, where a shape is not of accuracy."""
    return "" if FIGURES[shape.figure] is right else f" ({shape.figure})"


def _told(one: Contrast, tests: int) -> str:
    least = f" (detectable {one.found.detectable(tests):.2f})" if one.word == NONE else ""
    return f"{one.verdict}, {one.found.mean:+.2f}{least}"


def _arms(found: Pool, figure: Figure) -> Iterator[str]:
    """Mean, interval and the seeds' spread of each arm at each level."""
    lines = [["arm", *(f"L{level} n={len(found.questions(level))}" for level in found.levels)]]
    for arm in found.arms:
        cells = []
        for level in found.levels:
            questions = found.questions(level)
            sheet = found.sheet(arm, questions, figure)
            low, high = interval(sheet, found.clusters(questions))
            spread = "" if sheet.seed_sd is None else f" sd {sheet.seed_sd:.2f}"
            cells.append(f"{sheet.mean:.2f} [{low:.2f}, {high:.2f}]{spread}")
        lines.append([arm.name, *cells])
    yield markdown(lines).rstrip("\n")


def _sound(found: Pool, bases: int, shapes: Sequence[Shape], contrasts: Sequence[Contrast], left: Left) -> Iterator[str]:
    """Accuracy over the certified questions, and the verdicts that are others there."""
    kept, base = replace(found, left=left), f"one of the {bases} untouched bases" if bases > 1 else "the untouched base"
    asked, of = (sum(len(one.questions(level)) for level in found.levels) for one in (kept, found))
    yield f"{of - asked} of {of} test questions are flagged: {base} answers them untaught, or misses them with"
    yield "the fact in its prompt (`sweep.certify`, six wordings each way; certificates in `certified/`). Over the others:"
    yield ""
    yield from _arms(kept, right)
    yield ""
    again = judged(kept, shapes)
    turned = [(one, other) for one, other in zip(contrasts, again, strict=True) if one.word != other.word]
    if not turned:
        yield "Every verdict of this page is the same over them."
        return
    yield f"{len(turned)} of {len(contrasts)} verdicts are others over them:"
    yield ""
    lines = [[*_heads(contrasts), "all questions", "certified ones"]]
    lines += [
        [*_sides(one, contrasts), *(f"{each.word}, {each.found.mean:+.2f}" for each in (one, other))] for one, other in turned
    ]
    yield markdown(lines).rstrip("\n")


def _heads(contrasts: Sequence[Contrast]) -> list[str]:
    """Of the columns that name a contrast; `with`, where a page has arms of several axes."""
    return ["from", "to", *(["with"] if any(one.also for one in contrasts) else []), "level"]


def _sides(one: Contrast, contrasts: Sequence[Contrast]) -> list[str]:
    name, also = short(one.shape.axis), [one.also] if any(each.also for each in contrasts) else []
    return [f"{name}={one.shape.of}", f"{name}={one.shape.to}", *also, f"L{one.level}{_figure(one.shape)}"]


def _tuned(found: Pool) -> Iterator[str]:
    """Every value that an arm's tuned axes could have had: a choice that was close, or that test would not have made, is seen."""
    yield "Chosen on dev, by the product's objective (macro strict accuracy of L2 to L5, with L1 at least 0.9); accuracy on test"
    yield "beside it shows what hangs on the choice. A contrast that turns with it is no finding about the arms."
    yield ""
    lines = [["arm", "chosen", "objective on dev", *(f"test L{level}" for level in found.levels)]]
    for arm, objective in found.tried:
        cells = [f"{found.sheet(arm, found.questions(level)).mean:.2f}" for level in found.levels]
        lines.append([arm.name, "yes" if arm in found.arms else "", f"{objective:.3f}", *cells])
    yield markdown(lines).rstrip("\n")


def _contrasts(contrasts: Sequence[Contrast]) -> Iterator[str]:
    heads = ["n", "facts", "difference", "95 %", "seeds", "p", "p (Holm)", "detectable", "verdict"]
    lines = [[*_heads(contrasts), *heads]]
    for one in contrasts:
        difference = one.found
        lines.append([
            *_sides(one, contrasts),
            str(difference.questions), str(difference.facts),
            f"{difference.mean:+.3f}", f"{difference.low:+.3f} to {difference.high:+.3f}",
            f"{sum(value > 0 for value in difference.by_seed)} of {len(difference.by_seed)} up",
            f"{difference.p:.4f}", f"{one.adjusted:.4f}", f"{difference.detectable(len(contrasts)):.3f}", one.word,
        ])  # fmt: skip
    yield markdown(lines).rstrip("\n")


def _together(found: Pool) -> Iterator[str]:
    """Level 4 beside what its facts' own grades would predict."""
    yield "Level 4 asks for two or three facts at once, by the names that they have in training rows. *Foretold*: its accuracy if"
    yield "each fact were right as often as when it is asked for alone, in other words (L2), and independently of the others."
    yield ""
    lines = [["arm", "L2", "L4 foretold", "L4"]]
    for arm in found.arms:
        alone, together = (found.sheet(arm, found.questions(level)).mean for level in (2, 4))
        said = foretold(found, arm)
        lines.append([arm.name, f"{alone:.2f}", "–" if said is None else f"{said:.2f}", f"{together:.2f}"])
    yield markdown(lines).rstrip("\n")


def _lengths(found: Pool) -> Iterator[str]:
    """Key recall on facts whose value is a sentence, and on the others."""
    yield "Key recall, the share of what was asked that an answer holds: of facts whose value is a sentence, and of the others."
    yield ""
    lines = [["arm", *(f"L{level} {word}" for level in (1, 2, 3) for word in ("short", "long"))]]
    for arm in found.arms:
        cells = []
        for level in (1, 2, 3):
            for long in (False, True):
                questions = found.questions(level, long=long)
                cells.append(f"{found.sheet(arm, questions, recall).mean:.2f} (n={len(questions)})" if questions else "–")
        lines.append([arm.name, *cells])
    yield markdown(lines).rstrip("\n")


def _health(found: Pool) -> Iterator[str]:
    yield "Shares of all answers on test, L1 to L5 alike; *length*: an answer's characters by those of the right one."
    yield ""
    lines = [["arm", *(WORDS[name] for name in HEALTH)]]
    for arm in found.arms:
        lines.append([arm.name, *(_mean(arm, name) for name in HEALTH)])
    yield markdown(lines).rstrip("\n")


def _mean(arm: Arm, name: str) -> str:
    values = [value for one in arm.answers for figures in one.health.values() if (value := figures[name]) is not None]
    return f"{fmean(values):.2f}" if values else "–"


def _cost(experiment: Experiment, found: Pool) -> Iterator[str]:
    if "beside" in experiment.about:
        yield from beside.table(experiment.about["beside"])
        return
    lines = [["arm", "trainable parameters", "optimizer steps", "tokens, mean"]]
    for arm in found.arms:
        parameters, steps = ([getattr(one, name) for one in arm.answers] for name in ("parameters", "steps"))
        tokens = fmean(one.tokens for one in arm.answers)
        lines.append([arm.name, _between(parameters), _between(steps), f"{tokens:,.0f}"])
    yield markdown(lines).rstrip("\n")


def _between(counts: Sequence[int]) -> str:
    """`248`, or `272 to 1,088` where trainings differ, as recipes that were found do."""
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
