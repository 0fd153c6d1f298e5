"""What is searched: named axes, each a list of choices or a span of numbers. Plain data that knows neither Hydra nor Optuna."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Value = str | int | float | bool | None
Point = dict[str, Value]  # config key -> value


@dataclass(frozen=True)
class Choice:
    """An axis of listed values. A list such as `[q_proj,v_proj]` is one value, kept in the words of a Hydra override."""

    key: str
    values: tuple[Value, ...]

    def describe(self) -> str:
        """For people: `lora.rank: 4, 16, 64`."""
        return f"{self.key}: {', '.join(show(value) for value in self.values)}"


@dataclass(frozen=True)
class Span:
    """An axis of all numbers from low to high, both included; whole numbers only where `whole`."""

    key: str
    low: float
    high: float
    log: bool = False
    whole: bool = False

    def describe(self) -> str:
        """For people: `training.learning_rate: 0.0001 to 0.01, log scale`."""
        return f"{self.key}: {self.low:g} to {self.high:g}{', log scale' if self.log else ''}{', whole' if self.whole else ''}"


Axis = Choice | Span


@dataclass(frozen=True)
class Space:
    """The axes of a study in the order they were written; the last one turns fastest in a grid."""

    axes: tuple[Axis, ...]

    @property
    def discrete(self) -> bool:
        """Every axis is a list, so the whole space can be enumerated."""
        return all(isinstance(axis, Choice) for axis in self.axes)

    @property
    def size(self) -> float:
        """Number of points; infinite with a span."""
        return math.prod(len(axis.values) if isinstance(axis, Choice) else math.inf for axis in self.axes)

    def points(self) -> Iterator[Point]:
        """Every point of a discrete space, once."""
        lists = [axis.values for axis in self.axes if isinstance(axis, Choice)]
        assert len(lists) == len(self.axes), "only a discrete space can be enumerated"
        for values in itertools.product(*lists):
            yield dict(zip((axis.key for axis in self.axes), values, strict=True))

    def plain(self) -> dict[str, Any]:
        """As JSON, for a study's identity and its record."""
        return {
            axis.key: list(axis.values)
            if isinstance(axis, Choice)
            else {"low": axis.low, "high": axis.high, "log": axis.log, "whole": axis.whole}
            for axis in self.axes
        }

    def edges(self) -> Iterator[Point]:
        """Each value of each axis alone (a span: both ends): what must compose before anything runs."""
        for axis in self.axes:
            for value in axis.values if isinstance(axis, Choice) else (_end(axis, axis.low), _end(axis, axis.high)):
                yield {axis.key: value}


def overrides(point: Mapping[str, Value]) -> tuple[str, ...]:
    """A point as Hydra overrides."""
    return tuple(f"{key}={show(value)}" for key, value in point.items())


def show(value: Value) -> str:
    """A value in the words of a Hydra override."""
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _end(axis: Span, value: float) -> Value:
    return int(value) if axis.whole else value
