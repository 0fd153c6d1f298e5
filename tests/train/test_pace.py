"""How many trials share a pass follows what was measured."""

from __future__ import annotations

import pytest

from sweep.train.pace import SKIPPED, TAKEN, Pace

WORK = 1000  # tokens of one trial's micro-batch


def settle(pace: Pace, due: int, seconds: dict[int, float]) -> int:
    """Run passes that take what `seconds` says a pass of each size takes, until the size no longer changes."""
    for _ in range(100):
        size = pace.size(due)
        pace.took(size, size * WORK, seconds[size])
    return pace.size(due)


def test_all_run_together_where_that_is_fastest() -> None:
    assert settle(Pace(8), 8, {8: 1.0, 4: 0.9, 2: 0.8, 1: 0.7}) == 8


def test_a_pack_that_is_slower_than_one_trial_is_taken_apart() -> None:
    """A CPU whose caches overflow."""
    assert settle(Pace(8), 8, {8: 16.0, 4: 6.0, 2: 2.4, 1: 1.0}) == 1


def test_the_best_size_between_is_found() -> None:
    assert settle(Pace(8), 8, {8: 10.0, 4: 4.4, 2: 1.6, 1: 1.0}) == 2


def test_one_trial_at_a_time_is_always_tried() -> None:
    """Packs of every size may be alike and one trial alone still faster."""
    assert settle(Pace(8), 8, {8: 8.0, 4: 4.0, 2: 2.0, 1: 0.5}) == 1


def test_what_was_measured_before_a_change_is_forgotten() -> None:
    pace = Pace(2)
    assert settle(pace, 2, {2: 2.0, 1: 0.5}) == 1
    pace.forget()
    assert settle(pace, 2, {2: 1.0, 1: 0.9}) == 2


def test_noise_is_no_reason_to_shrink() -> None:
    assert settle(Pace(4), 4, {4: 4.0, 2: 1.99, 1: 1.0}) == 4


def test_odd_numbers_are_halved_upwards() -> None:
    assert settle(Pace(3), 3, {3: 9.0, 2: 4.0, 1: 1.0}) == 1


def test_the_first_passes_of_a_size_are_warm_up_and_do_not_count() -> None:
    pace = Pace(2)
    for seconds in [*[100.0] * SKIPPED, *[1.0] * TAKEN]:
        assert pace.size(2) == 2
        pace.took(2, 2 * WORK, seconds)
    for seconds in [*[0.001] * SKIPPED, *[1.0] * TAKEN]:
        assert pace.size(2) == 1
        pace.took(1, WORK, seconds)
    assert pace.size(2) == 2


def test_fewer_trials_are_measured_by_themselves() -> None:
    pace = Pace(8)
    assert settle(pace, 8, {8: 1.0, 4: 0.9, 2: 0.8, 1: 0.7}) == 8
    assert pace.size(3) == 3
    assert pace.size(1) == 1


def test_memory_that_ran_out_is_remembered() -> None:
    pace = Pace(8)
    pace.limit(3)
    assert pace.size(8) == 3


@pytest.mark.parametrize("due", [1, 2, 3, 5, 8, 13])
def test_the_size_is_always_between_one_and_all(due: int) -> None:
    pace = Pace(8)
    for _ in range(60):
        size = pace.size(due)
        assert 1 <= size <= min(due, 8)
        pace.took(size, WORK, 1.0)
