"""Workers in this process: one, on the device at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sweep.config import Config
from sweep.worker import Worker


def workers(
    say: Callable[[str], None] | None = None,
    expected: Sequence[Config] = (),
    most: int | None = None,
) -> list[Worker]:
    """One Worker, which loads its base with its first trial. What the arguments mean, `Worker` says."""
    return [Worker(say, expected, most)]
