"""Once: finish. Twice: stop. Signals are real ones, sent to this process."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from sweep.interrupts import SIGNALS, finishing


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_finishes_and_the_second_stops(number: signal.Signals) -> None:
    former, heard = signal.getsignal(number), list[int]()
    with finishing(lambda: heard.append(1)):
        os.kill(os.getpid(), number)
        assert heard == [1]
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert heard == [1]
    assert signal.getsignal(number) is former


def test_one_of_each_are_two() -> None:
    with finishing(lambda: None):
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_what_runs_to_its_end_leaves_signals_as_they_were() -> None:
    former = [signal.getsignal(number) for number in SIGNALS]
    with finishing(lambda: None):
        os.kill(os.getpid(), signal.SIGINT)
    assert [signal.getsignal(number) for number in SIGNALS] == former


def test_elsewhere_than_in_the_main_thread_nothing_is_set() -> None:
    seen: list[object] = []

    def look() -> None:
        with finishing(lambda: None):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]
