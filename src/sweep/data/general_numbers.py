"""Sums that both languages ask: every line is worked out here, none is typed."""

from __future__ import annotations

from sweep.data.general_form import Line


def _line(*numbers: int) -> Line:
    return tuple(str(number) for number in numbers)


ADDED = tuple(_line(a, b, a + b) for a in range(3, 20, 2) for b in range(4, 17, 3) if a != b)
TAKEN = tuple(_line(a, b, a - b) for a in range(9, 50, 5) for b in range(2, 9, 2) if a != 2 * b)
TIMES = tuple(_line(a, b, a * b) for a in range(3, 10) for b in range(a, 13) if (a + b) % 2)
SHARED = tuple(_line(a * b, b, a) for a in range(3, 12) for b in (2, 4, 5, 6) if a != b)
HALVED = tuple(_line(2 * a, a) for a in (7, 9, 12, 15, 18, 20, 25, 35, 45, 50))
FOLLOWING = tuple(_line(a, a + 1, a - 1) for a in (9, 13, 19, 29, 39, 54, 69, 77, 99, 109, 199))
