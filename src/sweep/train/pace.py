"""How many trials share one pass: found by measuring, so that packing is never slower than one trial at a time.

On a GPU, tens of trials fill the machine; on a CPU a large pack falls out of the caches. The search goes down from all of them by
halves and stops where a smaller pass is no longer faster.
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
        """Trials to put into one pass when this many are due; the best known, or one that is still to be measured."""
        due = min(due, self._most)
        if due in self._settled:
            return self._settled[due]
        best = due
        while self._measured(best):
            smaller = -(-best // 2)
            if best == 1 or not self._measured(smaller):
                break
            if self._rate(smaller) <= BETTER * self._rate(best):
                self._settled[due] = best
                return best
            best = smaller
        if self._measured(best):
            if best == 1:
                self._settled[due] = 1
                return 1
            return -(-best // 2)
        return best

    def limit(self, most: int) -> None:
        """Memory ran out: never more than this many again."""
        self._most = min(self._most, most)
        self._settled.clear()

    def took(self, trials: int, tokens: int, seconds: float) -> None:
        """A pass of so many trials and tokens took so long."""
        self._rates.setdefault(trials, []).append(tokens / seconds)

    def _measured(self, trials: int) -> bool:
        return len(self._rates.get(trials, ())) >= SKIPPED + TAKEN

    def _rate(self, trials: int) -> float:
        return median(self._rates[trials][SKIPPED : SKIPPED + TAKEN])
