"""What is searched: named axes, each a list of choices or a span of numbers, and the rules by which a point of them exists.

Plain data that knows neither Hydra nor Optuna.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sweep.search.spelling import means, same, show

Value = str | int | float | bool | None
Point = dict[str, Value]  # config key -> value; an axis that does not exist at a point has no key in it
Rule = Mapping[str, tuple[Value, ...]]  # config key -> values; holds where a point has one of them for every key
Match = Callable[[Any, Any], bool]


@dataclass(frozen=True)
class Choice:
    """An axis of listed values. A list such as `[q_proj,v_proj]` is one value, kept in the words of a Hydra override.

    With `rows` it sets several keys at once; `paired` makes such an axis.
    """

    key: str
    values: tuple[Value, ...]
    rows: tuple[tuple[Value, ...], ...] = ()  # one a value, an entry a key

    @property
    def keys(self) -> tuple[str, ...]:
        """The config keys that it sets."""
        return tuple(self.key.split("+")) if self.rows else (self.key,)

    @property
    def listed(self) -> tuple[Value, ...]:
        """All its values."""
        return self.values

    def at(self, value: Value) -> Point:
        """What a value of the axis sets."""
        return dict(zip(self.keys, self.rows[self.values.index(value)], strict=True)) if self.rows else {self.key: value}

    def raw(self, point: Point) -> Value:
        """The value of the axis behind what it set."""
        return self.values[self.rows.index(tuple(point[key] for key in self.keys))] if self.rows else point[self.key]

    def part(self, got: Mapping[str, Any], match: Match = same) -> Point | None:
        """What the axis sets, where `got`, by config key, has one of its values; None where it has none."""
        found = (self.at(value) for value in self.values)
        return next((point for point in found if all(key in got and match(one, got[key]) for key, one in point.items())), None)


@dataclass(frozen=True)
class Span:
    """An axis of all numbers from low to high, both included; whole numbers only where `whole`, then `step` apart from low on."""

    key: str
    low: float
    high: float
    log: bool = False
    whole: bool = False
    step: int = 1

    @property
    def keys(self) -> tuple[str, ...]:
        """The config key that it sets."""
        return (self.key,)

    @property
    def listed(self) -> tuple[Value, ...]:
        """Both ends, which stand for all between them."""
        return (int(self.low), int(self.high)) if self.whole else (self.low, self.high)

    def at(self, value: Value) -> Point:
        """What a value of the axis sets."""
        return {self.key: value}

    def raw(self, point: Point) -> Value:
        """The value of the axis behind what it set."""
        return point[self.key]

    def part(self, got: Mapping[str, Any], match: Match = same) -> Point | None:
        """What the axis sets, where `got`, by config key, has a number of the span; None where it has none."""
        value = got.get(self.key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            return None
        return None if self.whole and (value - self.low) % self.step else {self.key: int(value) if self.whole else value}


Axis = Choice | Span


@dataclass(frozen=True)
class Space:
    """The axes of a study in the order they were written, and which of their points exist. The last axis turns fastest in a grid;
    one whose condition names another comes after that. A rule that names an axis does not hold where the axis does not exist."""

    axes: tuple[Axis, ...]
    exclude: tuple[Rule, ...] = ()  # a point at which one of them holds does not exist
    when: Mapping[str, Rule] = field(default_factory=dict)  # key of an axis -> the rule that must hold for it to exist

    @property
    def keys(self) -> tuple[str, ...]:
        """Every config key that is searched."""
        return tuple(key for axis in self.axes for key in axis.keys)

    @property
    def discrete(self) -> bool:
        """Every axis is a list, so the whole space can be enumerated."""
        return all(isinstance(axis, Choice) for axis in self.axes)

    @cached_property
    def size(self) -> float:
        """Number of existing points; infinite with a span. Only axes that a rule ties together are enumerated for it."""
        tied = {axis.key for axis in self._tied}
        free = math.prod(len(axis.listed) for axis in self.axes if axis.key not in tied)
        return free * sum(1 for _ in self._walk({}, self._tied)) if self.discrete else math.inf

    @property
    def empty(self) -> bool:
        """No point exists."""
        return next(self._walk({}, self._tied), None) is None

    def points(self, only: Mapping[str, Value] | None = None) -> Iterator[Point]:
        """Every existing point of a discrete space, once. `only`, key of an axis -> value: those with this value, wherever the
        axis exists."""
        assert self.discrete, "only a discrete space can be enumerated"
        return self._walk({}, self._ordered, only or {})

    def allows(self, point: Mapping[str, Value]) -> bool:
        """Whether this is an existing point: exactly the axes that exist there, with values of theirs, and not excluded."""
        found, stray = self._read(point, same)
        return stray is None and len(found) == len(point) and not self._excluded(found)

    def drawn(self, suggest: Callable[[Axis], Value]) -> Point:
        """A point by a value for each axis that exists there; `suggest` is asked for no other. It may be one that is excluded."""
        point: Point = {}
        for axis in self._ordered:
            if self._exists(axis, point):
                point |= axis.at(suggest(axis))
        return point

    def raw(self, point: Point) -> dict[str, Value]:
        """A point of this space as key of an axis -> its value: what `suggest` would have to answer for `drawn` to make it."""
        return {axis.key: axis.raw(point) for axis in self._ordered if axis.keys[0] in point}

    def baseline(self, config: Mapping[str, Any]) -> Point | None:
        """The point that a resolved configuration, nested as `sweep.config.plain` gives it, is; None where it is none."""
        point, stray = self._read(_flat(config, self.keys), means)
        return point if stray is None and not self._excluded(point) else None

    def stray(self, config: Mapping[str, Any]) -> tuple[Axis, dict[str, Any]] | None:
        """The first axis of which a configuration has no value, with what it has for the axis's keys; None where all have."""
        flat = _flat(config, self.keys)
        axis = self._read(flat, means)[1]
        return None if axis is None else (axis, {key: flat[key] for key in axis.keys if key in flat})

    def plain(self) -> dict[str, Any]:
        """As JSON, for a study's identity and its record: what each key may be, and beside the keys the rules, if any."""
        columns = {key: one for axis in self.axes for key, one in zip(axis.keys, _columns(axis), strict=True)}
        rules = {
            "zip": [list(axis.keys) for axis in self.axes if len(axis.keys) > 1],
            "exclude": [_listed(rule) for rule in self.exclude],
            "when": {key: _listed(rule) for key, rule in self.when.items()},
        }
        return columns | {name: rule for name, rule in rules.items() if rule}

    def edges(self) -> Iterator[Point]:
        """Each value of each axis (a span: both ends), alone or with what rules tie it to: what must compose before all runs."""
        tied = {axis.key for axis in self._tied}
        for axis in self.axes:
            for value in axis.listed:
                if axis.key not in tied:
                    yield axis.at(value)
                else:
                    found = self._walk({}, self._tied, {axis.key: value})
                    yield from itertools.islice((point for point in found if axis.keys[0] in point), 1)

    @cached_property
    def _ordered(self) -> tuple[Axis, ...]:
        """The axes as written, but each after those that its condition names."""
        owners = {key: axis for axis in self.axes for key in axis.keys}
        placed: dict[str, Axis] = {}

        def place(axis: Axis) -> None:
            for key in self.when.get(axis.key, {}):
                place(owners[key])
            placed.setdefault(axis.key, axis)

        for axis in self.axes:
            place(axis)
        return tuple(placed.values())

    @cached_property
    def _tied(self) -> tuple[Axis, ...]:
        """The axes that a rule names or makes conditional."""
        named = {key for rule in (*self.exclude, *self.when.values()) for key in rule}
        return tuple(axis for axis in self._ordered if axis.key in self.when or named & set(axis.keys))

    def _walk(self, point: Point, axes: Sequence[Axis], only: Mapping[str, Value] | None = None) -> Iterator[Point]:
        """The existing points that begin like this one and go on with these axes. None begins with what is excluded already."""
        if self._excluded(point):
            return
        if not axes:
            yield point
            return
        axis, rest = axes[0], axes[1:]
        if not self._exists(axis, point):
            yield from self._walk(point, rest, only)
            return
        for value in (only[axis.key],) if only and axis.key in only else axis.listed:
            yield from self._walk(point | axis.at(value), rest, only)

    def _read(self, got: Mapping[str, Any], match: Match) -> tuple[Point, Axis | None]:
        """The point in `got`, by config key, up to the first axis of which it has no value; that axis."""
        point: Point = {}
        for axis in self._ordered:
            if self._exists(axis, point):
                part = axis.part(got, match)
                if part is None:
                    return point, axis
                point |= part
        return point, None

    def _exists(self, axis: Axis, point: Point) -> bool:
        return axis.key not in self.when or _holds(self.when[axis.key], point)

    def _excluded(self, point: Point) -> bool:
        return any(_holds(rule, point) for rule in self.exclude)


def paired(keys: Sequence[str], rows: Sequence[tuple[Value, ...]]) -> Choice:
    """An axis of several keys whose values go together: one row, in the order of the keys, is one of its values."""
    unique = tuple(dict.fromkeys(rows))
    return Choice("+".join(keys), tuple(",".join(show(value) for value in row) for row in unique), unique)


def overrides(point: Mapping[str, Value]) -> tuple[str, ...]:
    """A point as Hydra overrides."""
    return tuple(f"{key}={show(value)}" for key, value in point.items())


def _holds(rule: Rule, point: Point) -> bool:
    return all(key in point and point[key] in values for key, values in rule.items())


def _listed(rule: Rule) -> dict[str, list[Value]]:
    return {key: list(values) for key, values in rule.items()}


def _columns(axis: Axis) -> list[Any]:
    """What each key of an axis may be, as JSON."""
    if isinstance(axis, Choice):
        return [list(column) for column in zip(*axis.rows, strict=True)] if axis.rows else [list(axis.values)]
    step = {"step": axis.step} if axis.step > 1 else {}
    return [{"low": axis.low, "high": axis.high, "log": axis.log, "whole": axis.whole} | step]


def _flat(config: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """The values of these dotted keys, as far as a nested configuration has them."""
    found = {}
    for key in keys:
        *groups, name = key.split(".")
        node: Any = config
        for group in groups:
            node = node.get(group) if isinstance(node, Mapping) else None
        if isinstance(node, Mapping) and name in node:
            found[key] = node[name]
    return found
