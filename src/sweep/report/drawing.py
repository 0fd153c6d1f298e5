"""A plot as shapes and words in user units, which a template writes as SVG: text stays text, and colours are the page's own.

A series is told apart by colour, dash and the shape of its dots alike (css `s0` ... `s7`), so that no plot hangs on colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

SERIES = 8  # styles of the page's style sheet
SIDE = 7.0  # of a letter, about, at the plots' 12 px
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Stroke:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    css: str
    title: str = ""
    kind: ClassVar[str] = "stroke"

    @property
    def d(self) -> str:
        """The path's data."""
        return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in self.points)


@dataclass(frozen=True)
class Box:
    """A filled rectangle. `strength`: of its fill, from 0 to 1."""

    x: float
    y: float
    width: float
    height: float
    css: str
    title: str = ""
    strength: float = 1.0
    kind: ClassVar[str] = "box"


@dataclass(frozen=True)
class Dot:
    """A marker of a series: circle, square, triangle, diamond in turn."""

    x: float
    y: float
    series: int
    title: str = ""
    kind: ClassVar[str] = "dot"

    @property
    def d(self) -> str:
        """The path's data."""
        corners = {
            1: ((-4, -4), (4, -4), (4, 4), (-4, 4)),
            2: ((0, -5), (5, 4), (-5, 4)),
            3: ((0, -5.5), (5.5, 0), (0, 5.5), (-5.5, 0)),
        }.get(self.series % 4)
        if corners is None:
            return f"M{self.x - 4:.1f} {self.y:.1f}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z"
        return "M" + "L".join(f"{self.x + x:.1f} {self.y + y:.1f}" for x, y in corners) + "Z"


@dataclass(frozen=True)
class Words:
    """Text at a place."""

    x: float
    y: float
    text: str
    anchor: Anchor = "middle"
    css: str = ""
    kind: ClassVar[str] = "words"


Mark = Stroke | Box | Dot | Words


@dataclass(frozen=True)
class Plot:
    """One figure."""

    id: str
    title: str
    width: float
    height: float
    marks: tuple[Mark, ...]
    legend: tuple[tuple[str, str], ...] = ()  # css, name
    note: str = ""

    @property
    def entries(self) -> list[tuple[str, str, Dot | None]]:
        """The legend with the marker of each series."""
        markers = {f"s{series}": Dot(11, 6, series) for series in range(SERIES)}
        return [(css, name, markers.get(css)) for css, name in self.legend]


@dataclass(frozen=True)
class Frame:
    """Axes of a plot: what a value is in user units."""

    x0: float
    x1: float
    y0: float
    y1: float
    width: float = 720
    height: float = 320
    left: float = 56
    right: float = 16
    top: float = 28
    bottom: float = 46

    def x(self, value: float) -> float:
        """From the left."""
        return self.left + (self.width - self.left - self.right) * (value - self.x0) / ((self.x1 - self.x0) or 1)

    def y(self, value: float) -> float:
        """From the top."""
        return self.height - self.bottom - (self.height - self.top - self.bottom) * (value - self.y0) / ((self.y1 - self.y0) or 1)

    def grid(self, xs: Sequence[tuple[float, str]], ys: Sequence[tuple[float, str]], x_name: str, y_name: str) -> Iterator[Mark]:
        """Lines and words of both axes."""
        for value, text in ys:
            yield Stroke(((self.left, self.y(value)), (self.width - self.right, self.y(value))), "grid")
            yield Words(self.left - 6, self.y(value) + 4, text, "end")
        for value, text in xs:
            yield Words(self.x(value), self.height - self.bottom + 18, text)
        base = self.height - self.bottom
        yield Stroke(((self.left, base), (self.width - self.right, base)), "axis")
        yield Words((self.left + self.width - self.right) / 2, self.height - 6, x_name, css="name")
        yield Words(4, 12, y_name, "start", css="name")


def ticks(low: float, high: float, about: int = 5, *, whole: bool = False) -> list[tuple[float, str]]:
    """Round numbers from low to high with their texts; `whole`: no fractions."""
    span = (high - low) or 1.0
    power = 10 ** math.floor(math.log10(span / about))
    step = next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= about)
    step = max(1.0, step) if whole else step
    first = math.ceil(low / step - 1e-9)
    values = [at * step for at in range(first, math.floor(high / step + 1e-9) + 1)]
    return [(value, f"{value:.10g}") for value in values]


def shortened(text: str, width: float) -> str:
    """Cut to what fits into so many units; wide letters count twice."""
    room = width / SIDE
    for at, letter in enumerate(text):
        room -= 2 if ord(letter) > 0x2E7F else 1
        if room < 0:
            return f"{text[: max(1, at - 1)]}…"
    return text
