"""Ctrl-C once: what runs is finished, then reported. Twice: stop now; the same command goes on from there."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def finishing(finish: Callable[[], None]) -> Iterator[None]:
    """Within it, the first SIGINT or SIGTERM calls `finish`, the second raises KeyboardInterrupt. Elsewhere than in the main
    thread, where no handler can be set, signals stay as they are."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = 0

    def hear(_number: int, _frame: FrameType | None) -> None:
        nonlocal heard
        heard += 1
        if heard > 1:
            raise KeyboardInterrupt
        finish()

    former = {number: signal.signal(number, hear) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
