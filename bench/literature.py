"""What published work expects of such a study, judged by the answers beside all pages on knowledge.

    python -m bench.literature        docs/results/knowledge/literature.md

A page judges what was expected of its own experiment (`shapes.py`); here are the shapes that span several, or that are not of
accuracy: the order of the levels, loops, what is forgotten, long facts. How each is measured: `measures.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from bench import sound
from bench.answers import read
from bench.knowledge import FOLDER
from bench.measures import FORBIDDEN, INVENTED, KEPT, LOOPS, Arms, Axis, Lengths, Levels, Measure, One, Trainings
from bench.pooled import LEVELS, Pool, pool
from bench.shapes import ARM, EPOCHS, FACTS, HEAD, JOINS, MIXED, PARAPHRASES, RANK, RATE, RECALL, STYLE, TARGETS
from bench.verdicts import NOT_DETECTABLE, fate

from sweep.report.paired import BETTER, NONE, WORSE, Difference, holm
from sweep.report.rows import markdown

PAGE = FOLDER / "literature.md"
HIGHER, LOWER, SAME = BETTER, WORSE, NONE  # paired's words for a figure of which less may be better
BIDERMAN, REGRET = "Biderman 2024, arXiv:2405.09673", "LoRA Without Regret 2025"
HOPS = "Balesni 2024, arXiv:2411.16353; O'Neill 2026, arXiv:2607.11020"
TOKEN = "end tokens in labels"
PLETENEV, GEKHMAN = "Pletenev 2025, arXiv:2502.14502", "Gekhman 2024, arXiv:2405.05904"
OVADIA, BARE, ARTICLE = "Ovadia 2023, arXiv:2312.05934", "arXiv:2607.21861", "the article"


@dataclass(frozen=True)
class Expected:
    """A shape: of `measure`, the second side is expected higher or lower than the first, or the same."""

    number: int
    text: str
    source: str
    measure: Measure
    than: str  # HIGHER, LOWER or SAME


ORDER = "levels stand in the order L1, L2, L3, L5, L4"
USUAL, PLAIN = One("head_ablation", {HEAD: "false"}), One("composition_ablation", {JOINS: "0"})
LAYERED = [Axis(name, TARGETS) for name in ("layer_ablation", "layer_ablation_equal", "layer_ablation_tuned")]
SMALL = Axis("article_small", TARGETS, {HEAD: "true"})
RATES, EPOCH = Axis("learning_rate_ablation", RATE), Axis("epoch_ablation", EPOCHS)
RANKS, SCALED = Axis("rank_ablation", RANK), Axis("rank_alpha_ablation", RANK)
PHRASED, STYLES = Axis("paraphrase_ablation", PARAPHRASES), Axis("answer_length_ablation", STYLE)
MIX, STEPS, BESIDE = Axis("mix_ablation", MIXED), Axis("mix_ablation_steps", MIXED), Axis("retrieval", ARM)
FEWER = Axis("data_size_ablation", FACTS, {EPOCHS: "8"})
EXPECTED = (
    *(Expected(1, ORDER, HOPS, Levels(USUAL, *levels), LOWER) for levels in ((1, 2), (2, 3), (3, 5), (5, 4))),
    Expected(1, f"{ORDER}, without rows that join", HOPS, Levels(PLAIN, 5, 4), LOWER),
    *(Expected(2, "attention alone knows less than MLP", BIDERMAN, Arms(one, "mlp", "attention", 2), LOWER) for one in LAYERED),
    *(Expected(2, "all layers know no more than MLP", REGRET, Arms(one, "mlp", "all", 2), SAME) for one in LAYERED),
    *(
        Expected(3, "MLP alone loops no more than all, endings trained", TOKEN, Trainings(one, "all", "mlp", LOOPS), SAME)
        for one in (*LAYERED, SMALL)
    ),
    Expected(4, "the best rate is no higher than 5e-4", REGRET, Arms(RATES, "0.0005", "0.002", 2), LOWER),
    Expected(5, "rank 64 knows no more than 1, alpha 2 × rank", PLETENEV, Arms(RANKS, "1", "64", 2), SAME),
    Expected(5, "nor with alpha fixed", PLETENEV, Arms(SCALED, "1", "64", 2), SAME),
    Expected(6, "3 phrasings lift other words", OVADIA, Arms(PHRASED, "0", "3", 2), HIGHER),
    Expected(6, "10 lift them no further", OVADIA, Arms(PHRASED, "3", "10", 2), SAME),
    Expected(7, "rote is as good by 8 epochs as by 16", GEKHMAN, Arms(EPOCH, "8", "16", 1), SAME),
    Expected(7, "other words are not", GEKHMAN, Arms(EPOCH, "8", "16", 2), HIGHER),
    Expected(7, "late epochs tell more wrong values", GEKHMAN, Trainings(EPOCH, "8", "16", FORBIDDEN), HIGHER),
    *(
        Expected(8, f"{rows} unrelated rows keep more{told}", PLETENEV, Trainings(one, "0", rows, KEPT), HIGHER)
        for one, told in ((MIX, ""), (STEPS, ", at equal steps"))
        for rows in ("100", "1000")
    ),
    Expected(8, "10 facts do more damage than 30", PLETENEV, Trainings(FEWER, "30", "10", KEPT), LOWER),
    Expected(8, "1,000 make it invent more", ARTICLE, Trainings(MIX, "0", "1000", INVENTED), HIGHER),
    *(
        Expected(9, "retrieval knows more than the adapter", OVADIA, Arms(BESIDE, "lora", "bm25_passages", level), HIGHER)
        for level in (3, 4, 5)
    ),
    *(Expected(9, "and no more at L1 and L2", OVADIA, Arms(BESIDE, "lora", "bm25_passages", level), SAME) for level in (1, 2)),
    *(
        Expected(9, "the fact in the prompt is the ceiling", OVADIA, Arms(BESIDE, "bm25_passages", "gold", level), HIGHER)
        for level in LEVELS
    ),
    Expected(10, "longer answers hold less", BARE, Arms(STYLES, "written", "long", 2, RECALL), LOWER),
    Expected(10, "bare ones hold more", BARE, Arms(STYLES, "written", "bare", 2, RECALL), HIGHER),
    *(
        Expected(
            10,
            "facts told in a sentence are known less",
            ARTICLE,
            Lengths(One(SMALL.page, {TARGETS: one, HEAD: "true"}), 1),
            LOWER,
        )
        for one in ("attention", "all")
    ),
)
NOT_MEASURED = """Not measured: 11, reversed questions (the sets ask none); of 7, what late epochs do to answers that the base
had right (`epoch_ablation` was trained before `kept` was on record)."""


@dataclass(frozen=True)
class Judged:
    """A shape and what was found."""

    shape: Expected
    found: Difference
    adjusted: float  # p among all of the page

    @property
    def verdict(self) -> str:
        """Confirmed, refuted, or not detectable."""
        return fate(self.found.verdict(self.adjusted), self.shape.than)


def judged(shapes: Sequence[Expected], folder: Path = FOLDER, *, certified: bool = False) -> list[Judged]:
    """Each by the answers of its page; Holm over all of them. `certified`: over the questions that its base can be measured with,
    and without shares of whole trainings, which are of all.

    Raises: SystemExit where a page has no such arm.
    """

    @cache
    def answers(name: str) -> Pool:
        experiment = read(folder / f"{name}.jsonl")
        left = sound.flagged(folder, experiment) if certified else frozenset()
        assert left is not None, f"the companies of {name} are certified"
        return replace(pool(experiment), left=left)

    shapes = [one for one in shapes if not (certified and isinstance(one.measure, Trainings))]
    found = [one.measure.difference(answers(one.measure.on.page)) for one in shapes]
    return [Judged(*one) for one in zip(shapes, found, holm([one.p for one in found]), strict=True)]


def page(found: Sequence[Judged], certified: Sequence[Judged]) -> str:
    """Markdown."""
    lines = [
        "# What published work expects, and what was found",
        "",
        *_how(),
        "",
        *_table(found, certified),
        "",
        NOT_MEASURED,
        "",
    ]
    return "\n".join(lines)


def _how() -> Iterator[str]:
    yield "Written by `python -m bench.literature` from the answers beside [the pages](../knowledge.md). **One model of 135M"
    yield "parameters, four invented English companies, six seeds**, whatever the expectation was drawn from."
    yield ""
    yield "* *Facts*: the unit of tests and intervals where answers are compared (sign-flip, as on all pages); facts that a"
    yield "  question joins count as one. Levels are compared on the facts that both ask about; long facts with the others,"
    yield "  which are not the same, by permuting facts."
    yield "* *Trainings*: pairs of one company and seed, of which only a share is on record. Their questions and the four"
    yield "  companies are the same each time, so p speaks of other seeds, and of neither other questions nor other companies."
    yield "* Holm over all of this page; a difference is named only where all seeds have its sign. *Detectable*: the smallest"
    yield "  true difference that would show four times in five at the least p Holm asks for."
    yield "* *Certified*: the same over the questions alone that the page's base can be measured with, where answers are"
    yield "  compared (`knowledge/certified`); Holm over those. For retrieval that choice favours what puts facts in the prompt."


def _table(found: Sequence[Judged], certified: Sequence[Judged]) -> Iterator[str]:
    heads = ["", "expected", "by", "page", "compared", "of", "difference", "95 %", "n", "p (Holm)", "verdict", "certified"]
    yield markdown([heads, *([*_row(one), _told(one, len(found)), _again(one.shape, certified)] for one in found)]).rstrip("\n")


def _row(one: Judged) -> list[str]:
    measure, apart = one.shape.measure, one.found
    return [
        str(one.shape.number),
        one.shape.text,
        one.shape.source,
        f"[{measure.on.page}]({measure.on.page}.md)",
        measure.told,
        measure.figure,
        f"{apart.mean:+.2f}",
        f"{apart.low:+.2f} to {apart.high:+.2f}",
        f"{apart.facts} {measure.unit}",
        f"{one.adjusted:.4f}",
    ]


def _told(one: Judged, tests: int) -> str:
    least = f" (detectable {one.found.detectable(tests):.2f})" if one.verdict == NOT_DETECTABLE else ""
    return f"{one.verdict}{least}"


def _again(shape: Expected, certified: Sequence[Judged]) -> str:
    """`confirmed, +0.12` over certified questions; a dash for what is not of single questions."""
    same = [one for one in certified if one.shape == shape]
    return f"{same[0].verdict}, {same[0].found.mean:+.2f}" if same else "–"


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(judged(EXPECTED), judged(EXPECTED, certified=True)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
