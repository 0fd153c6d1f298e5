"""Hydra's sweep grammar to our axes: comma lists, choice, range, interval, tag(log, ...), and lists in YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, IntervalSweep, Override, Quote, QuotedString, RangeSweep
from hydra.errors import HydraException

from sweep.errors import ConfigFault, raise_all
from sweep.search.space import Axis, Choice, Space, Span, Value, show

DIGITS = 12  # of a range's floats: Hydra adds its steps up, and 0.1 + 0.1 + 0.1 is 0.30000000000000004


def split(arguments: Sequence[str]) -> tuple[list[Override], list[Override]]:
    """The overrides that sweep, and those that fix a value. Raises: ConfigFault with every word that is no override."""
    parser, faults = OverridesParser.create(), list[str]()
    parsed: list[Override] = []
    for word in arguments:
        try:
            parsed.append(parser.parse_override(word))
        except HydraException as error:
            faults.append(f"{word}: cannot be read{_reason(error)}; expected key=value, or group=option")
    raise_all(ConfigFault, faults)
    return [o for o in parsed if o.is_sweep_override()], [o for o in parsed if not o.is_sweep_override()]


def space(params: Mapping[str, Any], swept: Sequence[Override], fixed: Sequence[Override]) -> Space:
    """The axes of `search.params`, then those of the command line, which wins: a sweep of the same key replaces the axis in its
    place, a fixed value removes it.

    Raises: ConfigFault with every axis that cannot be read.
    """
    faults: list[str] = []
    given = {_name(override): override for override in swept}
    fixed_keys = {_name(override) for override in fixed}
    axes: list[Axis | None] = []
    for key, words in params.items():
        if key not in fixed_keys:
            axes.append(axis(given.pop(key), faults) if key in given else _from_params(key, words, faults))
    axes += [axis(override, faults) for override in given.values()]
    raise_all(ConfigFault, faults)
    return Space(tuple(one for one in axes if one is not None))


def axis(override: Override, faults: list[str]) -> Axis | None:
    """One sweep override as an axis. Upper ends of a range are exclusive, as Hydra means them."""
    key, sweep = _name(override), override.value()
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
    values = sweep.list if isinstance(sweep, ChoiceSweep) else [_clean(one) for one in sweep.range()]
    return _choice(key, values, override.input_line, faults)


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


def _choice(key: str, values: Any, got: Any, faults: list[str], prefix: str = "") -> Choice | None:
    found = tuple(dict.fromkeys(_value(one) for one in values))
    if not found:
        faults.append(f"{prefix}{key}: got {got}, which has no value in it")
        return None
    return Choice(key, found)


def _name(override: Override) -> str:
    return override.key_or_group if override.package is None else f"{override.key_or_group}@{override.package}"


def _value(typed: Any) -> Value:
    """Numbers, booleans and null as themselves; everything else in the words of an override."""
    return typed if typed is None or isinstance(typed, bool | int | float) else _text(typed)


def _clean(step: int | float) -> int | float:
    return float(f"{step:.{DIGITS}g}") if isinstance(step, float) else step


def _text(value: Any, inside: bool = False) -> str:
    """A value in the words of an override. A text stands bare where Hydra reads that back as the same text, else in quotes."""
    if isinstance(value, list | tuple):
        return f"[{','.join(_text(one, inside=True) for one in value)}]"
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{name}:{_text(one, inside=True)}' for name, one in value.items())}}}"
    if isinstance(value, QuotedString):
        return _text(value.text, inside)
    if not isinstance(value, str):
        return show(value)
    return value if _reads_back(value, inside) else QuotedString(text=value, quote=Quote.single).with_quotes()


def _reads_back(text: str, inside: bool) -> bool:
    """Whether the bare text, alone or inside a list, is read as this text: not `4`, `null`, `a,b` or ` a`."""
    try:
        override = OverridesParser.create().parse_override(f"key=[{text}]" if inside else f"key={text}")
    except HydraException:
        return False
    if override.is_sweep_override():
        return False
    got = override.value()
    return bool(got == ([text] if inside else text)) and not isinstance(got, QuotedString)


def _reason(error: HydraException) -> str:
    """What Hydra's parser complains of, without its own examples and its own class names."""
    skip = ("Error parsing override", "Available", "See https", "LexerNoViableAlt")
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith(skip)]
    return f" ({lines[0]})" if lines else ""
