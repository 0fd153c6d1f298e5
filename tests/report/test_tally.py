"""What the live view counts, from events alone: trials, who leads, tokens a second, time left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.composed import config

from sweep.config import Config
from sweep.report.tally import Speed, Tally
from sweep.search.choice import Standing
from sweep.search.objective import Objective
from sweep.trial import Done, Failed, Outcome, Progress, Recalled, Retried, Rung, State, Trial

BASE = config("model=tiny", "training.epochs=4", "search.objective=L2", "search.constraints={L1:0.5}")


def trial(number: int, base: Config = BASE, **more: Any) -> Trial:
    return Trial(base, Path(f"{number:04d}"), "key", "key", number=number, params={"lora.rank": number}, **more)


def seeded(number: int) -> Trial:
    return trial(number, parts=tuple(trial(number, seed=seed) for seed in (0, 1)))


def outcome(
    *, value: float = 0.5, l1: float = 1.0, state: State = State.COMPLETE, seconds: float = 8.0, whole: float = 10.0, **more: Any
) -> Outcome:
    figures = {"strict": value, "accuracy": value, "key_recall": value}
    levels: dict[str, dict[str, Any]] = {"L1": {**figures, "strict": l1, "accuracy": l1}, "L2": figures, "kept": figures}
    train = {"seconds": seconds, "wall_seconds": whole}
    return Outcome(state, value, levels, {}, train, constraints={"L1": round(0.5 - l1, 6)}, **more)


FAILED = Outcome(State.FAILED, None, {}, {}, {}, error="it broke")


def run(tally: Tally, one: Trial, end: Outcome | None = None, epochs: int = 4) -> None:
    """A trial from its beginning to its end."""
    tally.opened(one)
    for epoch in range(1, epochs + 1):
        tally.heard(Rung(one, epoch, 4, ((epoch, 1.0),), ()))
    tally.heard(Done(one, end or outcome()))


def at(name: str, step: int, steps: int = 40, epochs: int = 4) -> Progress:
    return Progress(name, "training", epochs, step, steps, 1.0)


def tally(trials: int, base: Config = BASE) -> Tally:
    return Tally(trials, Objective.of(base.search))


def test_trials_are_counted_by_how_they_ended_and_arms_and_seeds_are_none() -> None:
    found = tally(6)
    run(found, trial(0))
    run(found, trial(1), outcome(state=State.PRUNED), epochs=2)
    found.opened(trial(2))
    found.heard(Failed(trial(2), FAILED))
    run(found, Trial(BASE, Path("base"), "key", "key", arm="base"), epochs=0)
    whole = seeded(3)
    found.opened(whole)
    run(found, whole.parts[0])
    counts = found.counts
    assert (counts.ended, counts.running, counts.total, counts.over) == (
        {State.COMPLETE: 1, State.PRUNED: 1, State.FAILED: 1}, 1, 6, 3,
    )  # fmt: skip
    found.expect(2)
    assert found.counts.total == 8


def test_a_trial_that_is_tried_again_has_not_ended_and_does_not_run_in_between() -> None:
    found = tally(2)
    found.opened(trial(0))
    found.heard(Retried(trial(0), FAILED, 2))
    assert (found.counts.over, found.counts.running) == (0, 0)
    run(found, trial(0))
    assert (found.counts.over, found.counts.running) == (1, 0)


def test_the_leader_is_who_would_be_named_best() -> None:
    found = tally(9)
    assert found.leader is None
    run(found, trial(0), outcome(value=0.9, l1=0.2))
    leader = found.leader
    assert leader is not None
    assert (leader.standing.number, leader.standing.constraints) == (0, {"L1": 0.3}), "the only one, though it lacks"
    assert leader.unreached == "No trial reaches L1 >= 0.5 (strict accuracy on dev)"
    run(found, trial(1), outcome(value=0.4))
    run(found, trial(2), outcome(value=0.6, state=State.PRUNED))
    run(found, trial(3, stage="confirm"), outcome(value=0.8))
    leader = found.leader
    assert leader is not None
    assert (leader.standing.number, leader.names, leader.params, leader.front) == (1, ("L2",), {"lora.rank": 1}, 1)
    assert leader.levels == {"L1": 1.0, "L2": 0.4}, "kept is no level"
    assert leader.unreached is None
    found.know(Standing(7, (0.5,)), {"L2": {"accuracy": 0.5}}, {"lora.rank": 7})
    assert found.leader is not None
    assert found.leader.standing.number == 7, "an earlier process completed it"


def test_with_several_objectives_one_of_the_front_is_shown_and_how_many_there_are() -> None:
    found = tally(9, config("model=tiny", "training.epochs=4", "search.objective=[L1,L2]"))
    for number, values in enumerate([(0.9, 0.1), (0.1, 0.9), (0.1, 0.1)]):
        run(found, trial(number), replace(outcome(), objective=values[0], further=values[1:], constraints={}))
    leader = found.leader
    assert leader is not None
    assert (leader.standing.number, leader.names, leader.standing.values, leader.front) == (0, ("L1", "L2"), (0.9, 0.1), 2)


def test_no_time_is_told_until_a_trial_has_ended() -> None:
    found = tally(2)
    found.opened(trial(0))
    assert found.left([at("0000", 20)], 100.0) is None
    found.heard(Failed(trial(0), FAILED))
    assert found.left([], 200.0) is None, "how long a failure took tells nothing"
    run(found, trial(1), outcome(duplicate_of="other/0003"))
    assert found.left([], 200.0) is None, "nor does a result that was copied"
    run(found, trial(2, resumed=True))
    assert found.left([], 200.0) is None, "nor one of which an earlier process trained a part"


def test_where_all_trials_run_at_once_their_pace_tells_before_one_has_ended() -> None:
    for total, left in ((1, 20.0), (2, None)):
        found = tally(total)
        found.opened(trial(0))
        assert found.left([at("0000", 10)], 100.0) is None, "nothing is known of its pace yet"
        assert found.left([at("0000", 20)], 110.0) == (None if left is None else pytest.approx(left)), "what waits has no pace"


def test_time_left_is_the_outstanding_work_at_what_it_cost_so_far() -> None:
    """Each run took 8 s to train 4 epochs and 2 s to measure. Of four trials one is at half, two wait."""
    found = tally(4)
    run(found, trial(0))
    found.opened(trial(1))
    assert found.left([at("0001", 20)], 0.0) == pytest.approx(2 * 2 + 2 + 2 * (4 * 2 + 2))
    assert found.left([at("0001", 20)], 0.0, workers=2) == pytest.approx((2 * 2 + 2 + 2 * (4 * 2 + 2)) / 2)
    assert found.done([at("0001", 20)]) == 1.5
    found.heard(Failed(trial(1), FAILED))
    run(found, trial(2))
    run(found, trial(3))
    assert found.left([], 0.0) == 0


def test_what_waits_is_expected_to_train_as_long_as_the_others_pruned_ones_and_longer_ones_included() -> None:
    found = tally(3)
    run(found, trial(0), outcome(state=State.PRUNED, seconds=2.0, whole=2.0), epochs=1)
    found.opened(trial(1))
    assert found.left([at("0001", 0, epochs=8)], 0.0) == pytest.approx(2 * (8 + (1 + 8) / 2))


def test_every_seed_is_work_those_that_wait_for_a_slot_included() -> None:
    found = tally(2)
    whole = seeded(0)
    found.opened(whole)
    run(found, whole.parts[0])
    assert found.left([], 0.0) == pytest.approx(3 * 10), "the other seed, and two of the next trial"
    found.opened(whole.parts[1])
    assert found.left([at("0000/s1", 20)], 0.0) == pytest.approx(6 + 2 * 10)
    assert found.done([at("0000/s1", 20)]) == 0.75
    found.heard(Done(whole.parts[1], outcome(state=State.PRUNED)))
    found.heard(Done(whole, outcome(seconds=16.0, whole=20.0)))
    assert found.done([]) == 1
    assert found.counts.running == 0


def test_a_seed_that_an_earlier_process_recorded_is_no_work() -> None:
    found = tally(1)
    whole = seeded(0)
    found.opened(whole)
    found.heard(Recalled(whole.parts[0], outcome(seconds=800.0, whole=1000.0)))
    assert found.done([]) == 0.5
    run(found, trial(9, seed=0))
    assert found.left([], 0.0) == pytest.approx(10), "the other seed, at what a run of this process took"
    found.opened(whole.parts[1])
    assert found.left([at("0000/s1", 20)], 0.0) == pytest.approx(6)


def test_a_proposal_that_makes_no_configuration_has_ended() -> None:
    found = tally(3)
    run(found, trial(0))
    found.refused()
    assert (found.counts.ended, found.counts.over) == ({State.COMPLETE: 1, State.FAILED: 1}, 2)
    assert found.left([], 0.0) == pytest.approx(10)
    run(found, trial(2))
    assert found.left([], 0.0) == 0


def test_the_last_trial_alone_takes_its_own_time() -> None:
    """Side by side, a second of each of eight trials cost an eighth; the last one need not be faster when it is alone."""
    found = tally(2)
    run(found, trial(0), outcome(seconds=0.8, whole=0.8))
    found.opened(trial(1))
    assert found.left([at("0001", 10)], 100.0) == pytest.approx(3 * 0.2), "nothing is known of its pace yet"
    assert found.left([at("0001", 20)], 105.0) == pytest.approx(10.0), "a quarter in 5 s"


def test_speed_is_that_of_the_last_minute() -> None:
    speed = Speed(100.0)
    assert speed.at(101.0, 0.0) is None
    assert speed.at(110.0, 500.0) == pytest.approx(50.0)
    for second in range(111, 171):
        speed.at(float(second), 500.0 + 10 * (second - 110))
    assert speed.at(171.0, 1110.0) == pytest.approx(10.0)
    assert speed.at(400.0, 1110.0) == 0.0, "nothing was trained in the last minute"
