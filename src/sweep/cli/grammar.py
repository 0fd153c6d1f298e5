"""Hydra's sweep grammar to our axes: comma lists, choice, range, interval, tag(log, ...), and lists in YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, IntervalSweep, Override, RangeSweep
from hydra.errors import HydraException

from sweep.cli import rules
from sweep.cli.values import value
from sweep.config import SearchConfig
from sweep.errors import ConfigFault, raise_all
from sweep.search.space import Axis, Choice, Space, Span
from sweep.search.spelling import show

DIGITS = 12  # of a range's floats: Hydra adds its steps up, and 0.1 + 0.1 + 0.1 is 0.30000000000000004
SPAN_TAGS = {"span", "log"}  # with one of them a range is no list of choices


def split(arguments: Sequence[str]) -> tuple[list[Override], list[Override]]:
    """The overrides that sweep, and those that fix a value. Raises: ConfigFault with every word that is no override."""
    parser, faults = OverridesParser.create(), list[str]()
    parsed: list[Override] = []
    for word in arguments:
        try:
            parsed.append(parser.parse_override(word))
        except HydraException as error:
            expected = f"expected key=value, or group=option{_in_quotes(word)}"
            faults.append(f"{word}: cannot be read{_reason(error)}; {expected}")
    raise_all(ConfigFault, faults)
    return [o for o in parsed if o.is_sweep_override()], [o for o in parsed if not o.is_sweep_override()]


def _in_quotes(word: str) -> str:
    """What to type where letters that Hydra's grammar does not know are in the way, as in a Japanese file name; else nothing."""
    key, _, text = word.partition("=")
    typed = f'{key}="{text}"'
    try:
        OverridesParser.create().parse_override(typed)
    except HydraException:
        return ""
    return "" if text.isascii() else f"; a text with other letters than a to z stands in quotes: type '{typed}'"


def space(search: SearchConfig, swept: Sequence[Override], fixed: Sequence[Override]) -> Space:
    """The space of `axes` under the rules of the search group.

    Raises: ConfigFault with every axis or rule that cannot be read, or where no point is left.
    """
    return rules.space(axes(search.params, swept, fixed), search, {_name(one): value(one.value()) for one in fixed})


def axes(params: Mapping[str, Any], swept: Sequence[Override], fixed: Sequence[Override]) -> list[Axis]:
    """The axes of `search.params`, then those of the command line, which wins: a sweep of the same key replaces the axis in its
    place, a fixed value removes it. A value that is listed twice stands here twice: values that go together are counted.

    Raises: ConfigFault with every axis that cannot be read, and every key that the command line gives twice.
    """
    given = {_name(override): override for override in swept}
    fixed_keys = {_name(override) for override in fixed}
    faults = list(_given_twice(swept, fixed))
    found: list[Axis | None] = []
    for key, words in params.items():
        if key not in fixed_keys:
            found.append(axis(given.pop(key), faults) if key in given else _from_params(key, words, faults))
    found += [axis(override, faults) for override in given.values()]
    raise_all(ConfigFault, faults)
    return [one for one in found if one is not None]


def axis(override: Override, faults: list[str]) -> Axis | None:
    """One sweep override as an axis. Upper ends of a range are exclusive, as Hydra means them; an interval has both its ends."""
    key, sweep = _name(override), override.value()
    if stray := sorted(set(getattr(sweep, "tags", ())) - SPAN_TAGS):
        faults.append(f"{key}: got {override.input_line}, expected no tag but {' or '.join(sorted(SPAN_TAGS))}, not {stray[0]}")
        return None
    if isinstance(sweep, IntervalSweep):
        low, high = sweep.start, sweep.end
        if low is None or high is None or not low < high or ("log" in sweep.tags and low <= 0):
            expected = "expected interval(low, high) with low below high (and above 0 for log)"
            faults.append(f"{key}: got {override.input_line}, {expected}")
            return None
        return Span(key, low, high, log="log" in sweep.tags, whole=isinstance(low, int) and isinstance(high, int))
    if not isinstance(sweep, ChoiceSweep | RangeSweep) or sweep.shuffle:  # shuffled, a study would be another at every start
        faults.append(f"{key}: got {override.input_line}, expected choice, range or interval")
        return None
    if isinstance(sweep, RangeSweep) and not sweep.step:
        faults.append(f"{key}: got {override.input_line}, expected range(start, stop, step) with a step that is not 0")
        return None
    if sweep.tags & SPAN_TAGS:
        return _stepped(key, sweep, str(override.input_line), faults)
    listed = sweep.list if isinstance(sweep, ChoiceSweep) else [_clean(one) for one in sweep.range()]
    return _choice(key, listed, override.input_line, faults)


def _stepped(key: str, sweep: ChoiceSweep | RangeSweep, got: str, faults: list[str]) -> Span | None:
    """A range that is searched as numbers and not as a list: `tag(span,range(8,65,8))` is 8, 16 ... 64, by their size."""
    numbers, log = sweep.range() if isinstance(sweep, RangeSweep) else None, "log" in sweep.tags
    if not isinstance(numbers, range) or len(numbers) < 2:
        expected = "expected range(start, stop, step) with two whole numbers or more in it; a list has no scale"
    else:
        low, high = sorted((numbers[0], numbers[-1]))
        if not log or (low > 0 and abs(numbers.step) == 1):
            return Span(key, low, high, log=log, whole=True, step=abs(numbers.step))
        expected = "expected numbers above 0 and steps of 1 with log, or a list of the values"
    faults.append(f"{key}: got {got}, {expected}")
    return None


def _given_twice(swept: Sequence[Override], fixed: Sequence[Override]) -> Iterator[str]:
    """Keys that are swept and given once more, which Hydra would settle by their order."""
    keys = [_name(override) for override in swept]
    for key in dict.fromkeys(keys):
        words = [str(override.input_line) for override in (*swept, *fixed) if _name(override) == key]
        if len(words) > 1:
            yield f"{key}: got {' and '.join(words)}, expected one of them"


def _from_params(key: str, words: Any, faults: list[str]) -> Axis | None:
    """An axis of `search.params`: a YAML list of values as they are, or the words of an override."""
    if isinstance(words, list | tuple):
        return _choice(key, words, words, faults, "search.params.")
    if isinstance(words, Mapping):
        inner = next(iter(words), "rank")
        faults.append(f"search.params.{key}: got a group of keys, expected one dotted key an axis, such as {key}.{inner}")
        return None
    text = show(words) if words is None or isinstance(words, bool) else str(words)
    try:
        override = OverridesParser.create().parse_override(f"{key}={text}")
    except HydraException as error:
        faults.append(f"search.params.{key}: got {words}, which Hydra cannot read{_reason(error)}")
        return None
    if not override.is_sweep_override():
        faults.append(f"search.params.{key}: got {text}, expected several values; to fix one, type {key}={text}")
        return None
    return axis(override, faults)


def _choice(key: str, listed: Any, got: Any, faults: list[str], prefix: str = "") -> Choice | None:
    found = tuple(value(one) for one in listed)
    if not found:
        faults.append(f"{prefix}{key}: got {got}, which has no value in it")
        return None
    return Choice(key, found)


def _name(override: Override) -> str:
    return override.key_or_group if override.package is None else f"{override.key_or_group}@{override.package}"


def _clean(step: int | float) -> int | float:
    return float(f"{step:.{DIGITS}g}") if isinstance(step, float) else step


def _reason(error: HydraException) -> str:
    """What Hydra's parser complains of, without its own examples and its own class names."""
    skip = ("Error parsing override", "Available", "See https", "LexerNoViableAlt")
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith(skip)]
    return f" ({lines[0]})" if lines else ""
