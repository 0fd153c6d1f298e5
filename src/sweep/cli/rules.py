"""Which points of a sweep exist: `zip`, `exclude` and `when` of the search group, read against its axes.

A key that is fixed on the command line has one value only, which decides what any rule asks of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sweep.cli import values
from sweep.config import SearchConfig
from sweep.errors import ConfigFault, did_you_mean, raise_all
from sweep.search.space import Axis, Choice, Rule, Space, Span, Value, paired
from sweep.search.spelling import same, show

NOTHING_LEFT = "search.exclude: leaves no point of this sweep; expected rules that spare some, or type search.exclude=[]"


def space(axes: Sequence[Axis], search: SearchConfig, fixed: Mapping[str, Value]) -> Space:
    """The space of these axes under the rules of the search group. `fixed`: values given on the command line.

    Raises: ConfigFault with every rule that cannot be kept, or where no point is left.
    """
    faults = list(_zip_faults(axes, search.zip, fixed))
    raise_all(ConfigFault, faults)
    joined = _joined(axes, [keys for keys in search.zip if not set(keys) <= set(fixed)])
    known = _Known(axes, fixed)
    exclude = [known.rule("search.exclude", entry, faults) for entry in search.exclude]
    when = {
        name: known.rule(f"search.when.{name}", entry, faults)
        for name, entry in search.when.items()
        if not set(name.split("+")) <= set(fixed)
    }
    faults += _when_faults(joined, when)
    raise_all(ConfigFault, faults)
    found = _judged(joined, exclude, when, fixed)
    if found.empty:
        raise ConfigFault(NOTHING_LEFT)
    return found


# ---- zip ----------------------------------------------------------------------------------------------------------------


def _zip_faults(axes: Sequence[Axis], groups: Sequence[Sequence[str]], fixed: Mapping[str, Value]) -> Iterator[str]:
    by_key = {axis.key: axis for axis in axes}
    every = [key for keys in groups for key in keys]
    for key in dict.fromkeys(key for key in every if every.count(key) > 1):
        yield f"search.zip: got {key} {every.count(key)} times, expected it once"
    for keys in groups:
        given = [key for key in keys if key in fixed]
        if len(keys) < 2:
            yield f"search.zip: got {_typed([keys])}, expected two keys or more in each list, whose values go together"
        elif given and len(given) < len(keys):
            rest = ", ".join(key for key in keys if key not in fixed)
            kept = [[key for key in group if key not in fixed] for group in groups]
            words = f"search.zip={_typed([group for group in kept if len(group) > 1])}"
            told = f"{', '.join(given)} {'is' if len(given) == 1 else 'are'} fixed on the command line"
            yield f"search.zip: {told}, but goes together with {rest}; fix that too, or type {words} to part them"
        elif not given:
            yield from _unpairable(keys, by_key)


def _unpairable(keys: Sequence[str], by_key: Mapping[str, Axis]) -> Iterator[str]:
    """Why the values of these keys cannot go together."""
    lengths = {}
    for key in keys:
        axis = by_key.get(key)
        if axis is None:
            yield f"search.zip: {key} is no axis of this sweep{did_you_mean(key, by_key)}"
        elif isinstance(axis, Span):
            yield f"search.zip: {key} is continuous, and only listed values can go together; list its values"
        else:
            lengths[key] = len(axis.values)
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{length} of {key}" for key, length in lengths.items())
        yield f"search.zip: got {told}; expected as many values of each, since they go together one by one"


def _joined(axes: Sequence[Axis], groups: Sequence[Sequence[str]]) -> list[Axis]:
    """The axes, a group of them as one, in the place of its first. A value that is listed twice counts twice in a group only."""
    columns = {axis.key: axis.values for axis in axes if isinstance(axis, Choice)}
    pairs = {key: paired(keys, list(zip(*(columns[one] for one in keys), strict=True))) for keys in groups for key in keys}
    single = {axis.key: _each_once(axis) for axis in axes}
    return list({(one := pairs.get(axis.key) or single[axis.key]).key: one for axis in axes}.values())


def _each_once(axis: Axis) -> Axis:
    return replace(axis, values=tuple(dict.fromkeys(axis.values))) if isinstance(axis, Choice) else axis


def _typed(groups: Sequence[Sequence[str]]) -> str:
    lists = [f"[{','.join(group)}]" for group in groups]
    return f"[{','.join(lists)}]"


# ---- exclude and when -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Known:
    """What a rule may name."""

    axes: Sequence[Axis]
    fixed: Mapping[str, Value]

    def rule(self, where: str, entry: Mapping[str, Any], faults: list[str]) -> Rule:
        """An entry of YAML as a rule, its values in the words of the axes."""
        if not entry:
            faults.append(f"{where}: got {{}}, expected a key and its values, such as {{lora.targets: [mlp, all]}}")
        return {key: tuple(self._values(where, key, given, faults)) for key, given in entry.items()}

    def _values(self, where: str, key: str, given: Any, faults: list[str]) -> Iterator[Value]:
        wanted = [values.value(one) for one in given] if isinstance(given, list | tuple) else [values.value(given)]
        axis = next((axis for axis in self.axes if axis.key == key), None)
        if not wanted:
            faults.append(f"{where}: got {key}: [], expected a value or a list of values")
        elif key in self.fixed:
            yield from wanted
        elif axis is None:
            faults.append(f"{where}: {key} is no axis of this sweep{did_you_mean(key, [axis.key for axis in self.axes])}")
        elif isinstance(axis, Span):
            faults.append(f"{where}: {key} is continuous, and only listed values can be named; list its values")
        else:
            whole = [values.value(given)] if isinstance(given, list | tuple) else []
            yield from _among(f"{where}: {key}", axis.values, wanted, whole, faults)


def _among(
    what: str, listed: Sequence[Value], wanted: Sequence[Value], whole: Sequence[Value], faults: list[str]
) -> Iterator[Value]:
    """The wanted values as the axis has them. `whole`: the list of them as one value, which is written in two brackets."""
    expected = f"expected some of {', '.join(show(one) for one in dict.fromkeys(listed))}"
    if set(whole) & set(listed):
        expected = f"for the list as one value, type [{show(whole[0])}]"
    for one in wanted:
        found = [own for own in listed if same(own, one)]
        if not found:
            faults.append(f"{what} has no value {show(one)}; {expected}")
        yield from found[:1]


def _when_faults(axes: Sequence[Axis], when: Mapping[str, Rule]) -> Iterator[str]:
    by_key = {axis.key: axis for axis in axes}
    owners = {key: axis.key for axis in axes for key in axis.keys}
    for name, rule in when.items():
        if name in by_key and set(by_key[name].keys) & set(rule):
            yield f"search.when.{name}: depends on itself; expected the keys of other axes"
        elif name not in by_key and name in owners:
            yield f"search.when.{name}: goes together with others in search.zip; type {owners[name]} in its place"
        elif name not in by_key:
            yield f"search.when.{name}: is no axis of this sweep{did_you_mean(name, by_key)}"
    needed = {name: {owners[key] for key in rule if key in owners} - {name} for name, rule in when.items()}
    try:
        TopologicalSorter(needed).prepare()
    except CycleError as circle:
        yield f"search.when: {' needs '.join(reversed(circle.args[1]))}; expected one of them without a condition"


def _judged(axes: Sequence[Axis], exclude: Sequence[Rule], when: Mapping[str, Rule], fixed: Mapping[str, Value]) -> Space:
    """The space after the fixed values have had their say: axes that can never exist and rules that can never hold are gone."""
    gone: set[str] = set()
    left = list(axes)
    while lost := [axis for axis in left if axis.key in when and _asks(when[axis.key], fixed, gone) is None]:
        gone |= {key for axis in lost for key in axis.keys}
        left = [axis for axis in left if axis not in lost]
    conditions = {axis.key: _asks(when[axis.key], fixed, gone) for axis in left if axis.key in when}
    rules = [_asks(rule, fixed, gone) for rule in exclude]
    return Space(
        tuple(left),
        exclude=tuple(rule for rule in rules if rule is not None),
        when={key: rule for key, rule in conditions.items() if rule},
    )


def _asks(rule: Rule, fixed: Mapping[str, Value], gone: set[str]) -> Rule | None:
    """What a rule still asks of a point; None where it can never hold."""
    if gone & set(rule) or not all(any(same(fixed[key], one) for one in rule[key]) for key in rule if key in fixed):
        return None
    return {key: values for key, values in rule.items() if key not in fixed}
