"""What to do: LoRA, retrieval or both; which configuration; by rules that anybody can check (docs/decisions/0005).

1. Everything is judged on dev, by the study's first objective in its own measure. Test never chooses; claims rest on it.
2. Who may be chosen: the finalists where there was a confirmation; else the configurations with most seeds that reach the
   constraints, the best ones if there are many.
3. The best is the one that the study names. As good as it is whoever's 95 % interval of the difference, by fact, lies above minus
   `search.margin`, and whoever answers every question as it does. Of those the cheapest is recommended: trained parameters times
   tokens.
4. Below 10 separate facts or 20 questions nothing is tested: then the best itself is recommended, and called descriptive.
5. LoRA, retrieval, both: each that was measured stands with its best arm, and rule 3 holds among them, retrieval the cheapest
   (nothing is trained), then LoRA (one model), then both. Nothing is said of a way that was not measured.
6. Where the recommended configuration is not above the untouched base, that is said before anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sweep.arms import KINDS
from sweep.report import prices
from sweep.report.comparison import gap, signed
from sweep.report.contents import Candidate, Contents
from sweep.report.following import Following, following
from sweep.report.names import shown, swept
from sweep.report.paired import DESCRIPTIVE, Difference
from sweep.report.prices import Price
from sweep.report.propagation import FLOOR
from sweep.report.verdict import WORDS

LORA, RETRIEVAL, BOTH = "LoRA", "retrieval", "both"
LOOKED_AT = 30  # configurations, the best ones
DEAR = (RETRIEVAL, LORA, BOTH)  # the cheapest first
SETTINGS = ("lora.targets", "lora.layers", "lora.rank", "training.learning_rate", "training.epochs")


@dataclass(frozen=True)
class Option:
    """Somebody who may be chosen."""

    name: str
    value: float  # of the objective on dev
    gap: Difference | None  # to the best; None: it is the best, or they share no question
    good: bool  # as good as the best within the margin, or the best itself
    price: str


@dataclass(frozen=True)
class Decision:
    """What the page says first."""

    paragraph: str
    recommended: Candidate | None
    way: str | None  # LoRA, retrieval or both; None: only one was measured
    settings: tuple[tuple[str, str], ...]  # config key, value
    costs: tuple[Price, ...]
    ways: tuple[Option, ...]
    options: tuple[Option, ...]  # the cheapest first
    following: Following


def decide(contents: Contents) -> Decision:
    """By the rules above."""
    best = contents.best
    if best is None or not best.runs:
        return Decision(_no_best(contents), None, None, (), (), (), (), following(contents, None, None))
    options = _options(contents, best)
    chosen = _cheapest(options) or best
    way, ways = _ways(contents, chosen)
    rival = next((one for one in _candidates(contents) if one is not best), None)
    told = " ".join(_sentences(contents, best, chosen, [one for one, _ in options], (way, ways)))
    return Decision(
        paragraph=told,
        recommended=chosen,
        way=way,
        settings=tuple((key, shown(contents.setting(chosen, key))) for key in _settings(contents)),
        costs=prices.prices(chosen),
        ways=tuple(ways),
        options=tuple(option for option, _ in sorted(options, key=lambda pair: pair[1].price)),
        following=following(contents, chosen, None if rival is None else gap(contents, best, rival)),
    )


def good(found: Difference | None, margin: float | None) -> bool:
    """Whether something is surely not worse by the margin; False where too little was asked to tell."""
    return found is not None and margin is not None and found.verdict(1.0) != DESCRIPTIVE and found.low > -margin


# ---- which configuration ------------------------------------------------------------------------------------------------


def _candidates(contents: Contents) -> list[Candidate]:
    if contents.finalists:
        return list(contents.finalists)
    most = max((one.row.seeds for one in contents.trained), default=1)
    whole = [one for one in contents.trained if one.row.seeds == most and one.runs]
    return [one for one in whole if one.row.standing is None or one.row.standing.feasible][:LOOKED_AT]


def _options(contents: Contents, best: Candidate) -> list[tuple[Option, Candidate]]:
    found = []
    for one in _candidates(contents):
        apart = None if one is best else gap(contents, best, one)
        fits = one is best or good(apart, contents.margin)
        found.append((Option(one.name, one.row.dev[0] if one.row.dev else 0.0, apart, fits, _price(one)), one))
    return found


def _cheapest(options: Sequence[tuple[Option, Candidate]]) -> Candidate | None:
    fit = [(one.price, -option.value, at) for at, (option, one) in enumerate(options) if option.good]
    return options[min(fit)[2]][1] if fit else None


def _price(one: Candidate) -> str:
    return f"{prices.short(one.mean('trainable'))} parameters × {prices.short(one.mean('tokens'))} tokens"


def _settings(contents: Contents) -> list[str]:
    """The five that are always told, and whatever else was swept."""
    return [*SETTINGS, *(key for key in contents.axes if key not in SETTINGS)]


# ---- LoRA, retrieval or both --------------------------------------------------------------------------------------------


def _ways(contents: Contents, chosen: Candidate) -> tuple[str | None, list[Option]]:
    """The way to go, and all that were measured; None where there is nothing to choose from."""
    known = {RETRIEVAL: _best_arm(contents, adapter=False), LORA: chosen, BOTH: _best_arm(contents, adapter=True)}
    measured = {way: one for way, one in known.items() if one is not None and one.row.dev and one.runs}
    if len(measured) < 2:
        return None, []
    best = max(measured, key=lambda way: measured[way].row.dev[0])
    ways = []
    for way in DEAR:
        if (one := measured.get(way)) is not None:
            apart = None if way == best else gap(contents, measured[best], one)
            fits = way == best or good(apart, contents.margin)
            ways.append(Option(f"{way}: {one.name}", one.row.dev[0], apart, fits, _served(one)))
    return next(way for way, option in zip([way for way in DEAR if way in measured], ways, strict=True) if option.good), ways


def _best_arm(contents: Contents, *, adapter: bool) -> Candidate | None:
    found = [
        one for one in contents.arms
        if one.name in KINDS and KINDS[one.name].retrieves and KINDS[one.name].adapter == adapter and one.row.dev
    ]  # fmt: skip
    return max(found, key=lambda one: one.row.dev[0], default=None)


def _served(one: Candidate) -> str:
    seconds = one.mean("seconds_an_answer")
    told = f"{seconds:.2f} s an answer" if seconds else "time an answer not measured"
    return f"trained, {_price(one)}" if one.trained else told


# ---- words --------------------------------------------------------------------------------------------------------------


def _sentences(
    contents: Contents, best: Candidate, chosen: Candidate, options: Sequence[Option], way: tuple[str | None, Sequence[Option]]
) -> Iterator[str]:
    base = next((one for one in contents.arms if one.name == FLOOR and one.runs), None)
    above = gap(contents, base, chosen) if base is not None else None
    if above is not None and above.low <= 0 and above.verdict(1.0) != DESCRIPTIVE:
        yield f"Nothing trained here is shown to know more than the untouched base ({_interval(above)} on dev)."
    reached = [one.value for one in way[1]] or list(chosen.row.dev[:1])
    if nothing := base is not None and base.row.dev and max(reached, default=0.0) <= base.row.dev[0]:
        yield "Nothing that was measured knows more than the untouched base."
    else:
        yield from _on_ways(*way)
    values = f"{chosen.row.dev[0]:.2f}" if chosen.row.dev else "not measured"
    objective = contents.objective.names[0] if contents.objective is not None else "objective"
    train = "Who trains all the same, trains" if nothing or way[0] == RETRIEVAL else "Train"
    yield f"{train} {_named(contents, chosen)}: {objective} {values} in {WORDS[contents.measure]} on dev."
    yield from _on_choice(contents, best, chosen, options)
    if (lost := prices.forgotten(chosen)) is not None:
        yield f"It forgot {lost[0]:.0%} of {lost[1]} things that the base knew."


def _on_ways(way: str | None, ways: Sequence[Option]) -> Iterator[str]:
    if way is None:
        yield "Only LoRA was measured, so nothing is said of retrieval (evaluation.arms)."
        return
    yield {
        RETRIEVAL: "Use retrieval, and train nothing.",
        LORA: "Use LoRA without retrieval.",
        BOTH: "Use LoRA and retrieval together.",
    }[way]
    if all(one.gap.verdict(1.0) == DESCRIPTIVE for one in ways if one.gap is not None):
        yield "That is the highest mean alone: too few facts or questions were asked for a test."


def _on_choice(contents: Contents, best: Candidate, chosen: Candidate, options: Sequence[Option]) -> Iterator[str]:
    margin = contents.margin
    tested = [one.gap for one in options if one.gap is not None and one.gap.verdict(1.0) != DESCRIPTIVE]
    if margin is None:
        yield "The study was begun before there was search.margin, so the best by its mean is named."
    elif len(options) == 1:
        yield "It was the only finalist (search.confirm.top)." if contents.finalists else "There was nothing else to choose from."
    elif not tested:
        yield "Too few facts or questions were asked for a test: this is the best by its mean, and descriptive only."
    elif chosen is not best:
        apart = next(one.gap for one in options if one.name == chosen.name)
        assert apart is not None, "it was found as good as the best by this"
        yield (
            f"The best by its mean is {best.name}; this one is the cheapest that is surely not worse than it by {margin:g} "
            f"({_interval(apart)})."
        )
    else:
        others = sum(one.good for one in options) - 1
        why = f"{others} dearer one{'s are' if others > 1 else ' is'} as good within {margin:g}" if others else (
            f"no cheaper one is surely as good within {margin:g}"
        )  # fmt: skip
        yield f"It is the best by its mean, and {why}."


def _named(contents: Contents, one: Candidate) -> str:
    return swept(one.params) or ", ".join(f"{key.rpartition('.')[2]} {shown(contents.setting(one, key))}" for key in SETTINGS)


def _interval(found: Difference) -> str:
    return f"difference {signed(found.mean)}, 95 % interval {signed(found.low)} to {signed(found.high)}"


def _no_best(contents: Contents) -> str:
    if not contents.trained:
        return "No trial was completed, so nothing is recommended."
    again = contents.summary.confirmed
    lines = [line for line in contents.summary.verdict.lines if not line.startswith("*")]
    lines = [again.unchosen] if again is not None and again.unchosen is not None else lines
    told = [line if line.endswith(".") else f"{line}." for line in lines] or ["No trial is named best in this study."]
    unnamed = {"The highest objective has": contents.trained[0], "Without training,": _best_arm(contents, adapter=False)}
    for words, one in unnamed.items():
        if one is not None and one.row.dev:
            told.append(f"{words} {one.name}: {one.row.dev[0]:.2f}.")
    return " ".join(["Nothing is recommended.", *told])
