"""How many trials share one pass: found by measuring, so that packing is never slower than one trial at a time.

On a GPU, tens of trials fill the machine; on a CPU a large pack falls out of the caches. Every size from all trials down to one,
by halves, is tried for a few passes, which train as any others do; then the fastest stays.
"""

from __future__ import annotations

from statistics import median

SKIPPED, TAKEN = 3, 3  # passes of a size: the first ones warm up, the next ones count
BETTER = 1.02  # a smaller pass must be faster than a larger one by more than noise


class Pace:
    """Tokens a second by number of trials in a pass."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rates: dict[int, list[float]] = {}
        self._settled: dict[int, int] = {}  # trials that are due -> trials a pass

    def size(self, due: int) -> int:
        """Trials to put into one pass when this many are due: a size that is still to be measured, else the fastest."""
        due = min(due, self._most)
        if due not in self._settled:
            sizes = _halves(due)
            unknown = [size for size in sizes if len(self._rates.get(size, ())) < SKIPPED + TAKEN]
            if unknown:
                return unknown[0]
            best = max(self._rate(size) for size in sizes)
            self._settled[due] = next(size for size in sizes if BETTER * self._rate(size) >= best)
        return self._settled[due]

    def limit(self, most: int) -> None:
        """Memory ran out: never more than this many again."""
        self._most = min(self._most, most)
        self._settled.clear()

    def forget(self) -> None:
        """Passes are computed in another way from now on."""
        self._rates.clear()
        self._settled.clear()

    def took(self, trials: int, tokens: int, seconds: float) -> None:
        """A pass of so many trials and tokens took so long."""
        self._rates.setdefault(trials, []).append(tokens / seconds)

    def _rate(self, trials: int) -> float:
        return median(self._rates[trials][SKIPPED : SKIPPED + TAKEN])


def _halves(due: int) -> list[int]:
    """From all trials down to one, rounded up."""
    sizes = [due]
    while sizes[-1] > 1:
        sizes.append(-(-sizes[-1] // 2))
    return sizes
