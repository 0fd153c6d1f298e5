"""The study on a real SQLite file: what is asked, what is told, and what a second opening of the same file knows."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from optuna.distributions import CategoricalDistribution
from optuna.trial import TrialState

from sweep.errors import ConfigFault
from sweep.search.samplers import GRID_LIMIT, Plan, most_at_once, plan
from sweep.search.space import Choice, Point, Space, Span
from sweep.search.storage import default_storage
from sweep.search.study import Proposal, Result, Study
from sweep.trial import State

GRID = Space((Choice("lora.rank", (4, 16)), Choice("lora.targets", ("mlp", "[q_proj,v_proj]", None))))
RATE = Span("training.learning_rate", 1e-4, 1e-2, log=True)
MIXED = Space((RATE, Span("training.epochs", 1, 8, whole=True), Choice("lora.targets", ("mlp", "all"))))
Open = Callable[..., Study]


@pytest.fixture
def storage(tmp_path: Path) -> str:
    return default_storage(tmp_path)


@pytest.fixture
def opened(storage: str) -> Open:
    """Opens the one study of a test; again and again, as a command that is typed again does."""

    def again(space: Space = GRID, sampler: str = "grid", n_trials: int | None = None, seed: int = 0) -> Study:
        return Study("study", storage, space, plan(space, sampler, n_trials), seed)

    return again


def ended(value: float) -> Result:
    return Result(State.COMPLETE, (value,))


FAILED = Result(State.FAILED)


def asked(study: Study) -> Proposal:
    proposal = study.ask()
    assert proposal is not None
    return proposal


def run(study: Study, value: Callable[[Point], float] = lambda point: 0.5) -> list[Proposal]:
    """Ask and tell to the end."""
    found = []
    while (proposal := study.ask()) is not None:
        study.tell(proposal.number, ended(value(proposal.point)))
        found.append(proposal)
    return found


def stored(storage: str) -> list[optuna.trial.FrozenTrial]:
    return optuna.load_study(study_name="study", storage=storage).get_trials()


# ---- grid ---------------------------------------------------------------------------------------------------------------


def test_a_grid_asks_every_point_once_in_order(opened: Open) -> None:
    found = run(opened())
    assert [proposal.point for proposal in found] == list(GRID.points())
    assert [proposal.number for proposal in found] == list(range(6))


def test_asks_before_any_answer_are_distinct(opened: Open) -> None:
    study = opened()
    assert [asked(study).point for _ in range(6)] == list(GRID.points())
    assert study.ask() is None


def test_a_grid_goes_on_where_it_ended(opened: Open) -> None:
    first = opened()
    for _ in range(4):
        first.tell(asked(first).number, ended(0.1))
    again = opened()
    assert again.remaining == 2
    found = run(again)
    assert [proposal.point for proposal in found] == list(GRID.points())[4:]
    assert [proposal.number for proposal in found] == [4, 5]
    assert opened().ask() is None


def test_a_failed_point_is_asked_again_by_the_next_run_and_not_by_this_one(opened: Open) -> None:
    first = opened()
    second = list(GRID.points())[1]
    for proposal in [asked(first) for _ in range(6)]:
        failed = proposal.point == second
        first.tell(proposal.number, FAILED if failed else ended(0.1))
    assert first.ask() is None
    assert [(proposal.number, proposal.point) for proposal in run(opened())] == [(6, second)]
    assert opened().ask() is None


def test_a_pruned_point_is_finished(opened: Open, storage: str) -> None:
    study = opened()
    study.tell(asked(study).number, Result(State.PRUNED))
    assert stored(storage)[0].state is TrialState.PRUNED
    assert [proposal.point for proposal in run(opened())] == list(GRID.points())[1:]


def test_a_total_is_a_total_over_all_runs(opened: Open) -> None:
    assert len(run(opened(n_trials=2))) == 2
    assert run(opened(n_trials=2)) == []
    more = run(opened(n_trials=5))
    assert [proposal.point for proposal in more] == list(GRID.points())[2:5]
    assert opened(n_trials=1).remaining == 0


def test_a_study_of_one_trial_has_an_empty_space(storage: str) -> None:
    study = Study("study", storage, Space(()), Plan("grid", 1), 0)
    assert run(study) == [Proposal(0, {})]
    assert run(Study("study", storage, Space(()), Plan("grid", 1), 0)) == []


# ---- random and TPE -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_samplers_stay_in_the_space(opened: Open, sampler: str) -> None:
    found = run(opened(MIXED, sampler, 14), lambda point: -abs(math.log10(float(str(point[RATE.key]))) + 3))
    assert [proposal.number for proposal in found] == list(range(14))
    for proposal in found:
        rate, epochs, targets = proposal.point.values()
        assert isinstance(rate, float)
        assert 1e-4 <= rate <= 1e-2
        assert isinstance(epochs, int)
        assert 1 <= epochs <= 8
        assert targets in ("mlp", "all")
    assert len({proposal.point[RATE.key] for proposal in found}) == 14


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_the_same_seed_draws_the_same_and_another_draws_others(tmp_path: Path, sampler: str) -> None:
    def draws(name: str, seed: int) -> list[Point]:
        (tmp_path / name).mkdir()
        study = Study("study", default_storage(tmp_path / name), MIXED, plan(MIXED, sampler, 12), seed)
        return [proposal.point for proposal in run(study)]

    assert draws("a", 3) == draws("b", 3)
    assert draws("c", 3) != draws("d", 4)


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_a_sampler_that_goes_on_does_not_repeat_its_draws(opened: Open, sampler: str) -> None:
    points = [tuple(proposal.point.values()) for total in (3, 6, 9) for proposal in run(opened(MIXED, sampler, total))]
    assert len(points) == 9
    assert len(set(points)) == 9


def test_a_trial_that_would_fail_again_is_finished(opened: Open) -> None:
    study = opened(n_trials=3)
    study.tell(asked(study).number, Result(State.FAILED, final=True))
    assert [proposal.point for proposal in run(opened(n_trials=3))] == list(GRID.points())[1:3]


@pytest.mark.parametrize("sampler", ["random", "tpe", "gp", "qmc", "nsga2"])
def test_a_sampler_never_asks_a_point_twice_and_finds_them_all(opened: Open, storage: str, sampler: str) -> None:
    """Twelve asks in a row on twelve points gave seven distinct ones with Optuna alone."""
    found = run(opened(GRID, sampler, 100))
    assert len({repr(proposal.point) for proposal in found}) == len(found) == 6
    assert [trial.number for trial in stored(storage)] == list(range(6)), "a point thrown away left a trace"


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_asks_before_any_answer_are_distinct_for_samplers_too(opened: Open, sampler: str) -> None:
    study = opened(GRID, sampler, 6)
    assert len({repr(asked(study).point) for _ in range(6)}) == 6


def test_points_of_one_identity_are_one_experiment(storage: str) -> None:
    study = Study("study", storage, GRID, plan(GRID, "grid", None), 0, identity=lambda point: str(point["lora.rank"]))
    assert [proposal.point["lora.rank"] for proposal in run(study)] == [4, 16]


def test_a_study_begins_with_what_everything_is_compared_with(storage: str) -> None:
    first = list(GRID.points())[4]
    study = Study("study", storage, GRID, plan(GRID, "tpe", 4), 0, first=[first])
    assert run(study)[0].point == first


def test_a_failed_trial_leaves_room_for_another_in_the_next_run(opened: Open) -> None:
    study = opened(MIXED, "random", 3)
    for state in (State.COMPLETE, State.FAILED, State.COMPLETE):
        study.tell(asked(study).number, Result(state, (0.1,)))
    assert study.ask() is None
    assert [proposal.number for proposal in run(opened(MIXED, "random", 3))] == [3]


# ---- what is told -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
def test_a_value_that_is_no_number_is_never_complete(opened: Open, storage: str, value: float | None) -> None:
    study = opened()
    study.tell(asked(study).number, Result(State.COMPLETE, () if value is None else (value,)))
    assert stored(storage)[0].state is TrialState.FAIL
    assert study.completed == 0


def test_only_trials_that_ended_with_a_value_are_completed(opened: Open) -> None:
    study = opened()
    assert study.completed == 0
    for state, value in (
        (State.COMPLETE, 0.2),
        (State.COMPLETE, 0.7),
        (State.PRUNED, None),
        (State.FAILED, 0.9),
        (State.COMPLETE, 0.7),
    ):
        study.tell(asked(study).number, Result(state, () if value is None else (value,)))
    assert study.completed == 3
    assert opened().completed == 3


def test_reports_and_notes_are_kept(opened: Open, storage: str) -> None:
    study = opened()
    number = asked(study).number
    study.note(number, {"trial_key": "abc"})
    study.report(number, 0.25, 1)
    study.report(number, 0.5, 2)
    study.tell(number, ended(0.5))
    (trial,) = stored(storage)
    assert trial.user_attrs == {"trial_key": "abc"}
    assert trial.intermediate_values == {1: 0.25, 2: 0.5}
    assert trial.value == 0.5


def test_telling_twice_is_a_bug_and_not_a_second_result(opened: Open, storage: str) -> None:
    study = opened()
    number = asked(study).number
    study.tell(number, ended(0.5))
    with pytest.raises(KeyError):
        study.tell(number, ended(0.9))
    assert stored(storage)[0].value == 0.5


# ---- a process that died --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("space", "sampler"), [(GRID, "grid"), (GRID, "tpe"), (MIXED, "random"), (MIXED, "tpe")])
def test_trials_of_a_dead_process_go_on_under_their_numbers(opened: Open, storage: str, space: Space, sampler: str) -> None:
    def again() -> Study:
        return opened(space, sampler, 6)

    dead = again()
    dead.tell(asked(dead).number, ended(0.1))
    lost = [asked(dead) for _ in range(2)]
    dead.report(lost[0].number, 0.3, 1)
    second = again()
    assert settled(second, None) == [1, 2]
    assert second.remaining == 5
    assert [asked(second) for _ in range(2)] == [Proposal(one.number, one.point, resumed=True) for one in lost]
    second.report(lost[0].number, 0.9, 1)  # trained again up to here: what was reported stands
    second.report(lost[0].number, 0.5, 2)
    for one in lost:
        second.tell(one.number, ended(0.2))
    assert [proposal.number for proposal in run(second)] == [3, 4, 5]
    trials = stored(storage)
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 6
    assert trials[1].intermediate_values == {1: 0.3, 2: 0.5}
    assert len({repr(trial.params) for trial in trials}) == 6


def test_a_trial_is_resumed_as_often_as_its_process_dies(opened: Open, storage: str) -> None:
    lost = asked(opened())
    for _ in range(3):
        again = opened()
        assert settled(again, None) == [lost.number]
        assert asked(again).number == lost.number
    again.tell(lost.number, ended(0.5))
    assert [trial.state for trial in stored(storage)] == [TrialState.COMPLETE]


def test_a_point_enqueued_by_a_dead_process_and_never_asked_is_asked_first(opened: Open, storage: str) -> None:
    opened()
    *_, last = GRID.points()
    optuna.load_study(study_name="study", storage=storage).enqueue_trial(dict(last))
    again = opened()
    assert settled(again, None) == [0]
    assert [proposal.point for proposal in run(again)] == [last, *list(GRID.points())[:-1]]
    assert [trial.number for trial in stored(storage)] == list(range(6))


def test_a_trial_whose_parameters_were_half_written_gets_all_of_them(opened: Open, storage: str) -> None:
    opened()
    point = list(GRID.points())[3]
    raw = optuna.load_study(study_name="study", storage=storage, sampler=optuna.samplers.RandomSampler())
    raw.enqueue_trial(dict(point))
    raw.ask({"lora.rank": CategoricalDistribution((4, 16))})  # and then it died
    again = opened()
    assert settled(again, None) == [0]
    assert asked(again).point == point
    assert stored(storage)[0].params == point


def test_what_was_to_be_pruned_is_known_to_the_next_process(opened: Open) -> None:
    dead = opened()
    number = asked(dead).number
    dead.note(number, {"pruned": 2})
    seen: list[tuple[int, bool]] = []

    def end(number: int, _point: Point, pruned: bool) -> Result:
        seen.append((number, pruned))
        return Result(State.PRUNED)

    again = opened()
    again.settle(end)
    assert seen == [(number, True)]
    assert len(run(again)) == 5


def test_nothing_is_left_to_settle_in_a_study_that_ended_well(opened: Open) -> None:
    run(opened())
    assert settled(opened()) == []


def test_a_trial_that_ended_just_before_its_process_died_counts(opened: Open, storage: str) -> None:
    lost = asked(opened())
    again = opened()
    assert settled(again, ended(0.5)) == [lost.number]
    assert [proposal.point for proposal in run(again)] == list(GRID.points())[1:]
    assert stored(storage)[lost.number].values == [0.5]


def settled(study: Study, ending: Result | None = FAILED) -> list[int]:
    """Settle a study whose lost trials all ended like this, or did not end; their numbers."""
    numbers: list[int] = []

    def end(number: int, point: Point, pruned: bool) -> Result | None:
        assert set(point) in ({axis.key for axis in GRID.axes}, {axis.key for axis in MIXED.axes})
        assert not pruned
        numbers.append(number)
        return ending

    study.settle(end)
    return numbers


# ---- plans and storage ----------------------------------------------------------------------------------------------------

WIDE = Space((Choice("seed", tuple(range(GRID_LIMIT + 1))),))


@pytest.mark.parametrize(
    ("space", "sampler", "n_trials", "expected"),
    [
        (GRID, "auto", None, Plan("grid", 6)),
        (GRID, "auto", 4, Plan("grid", 4)),
        (GRID, "grid", 100, Plan("grid", 6)),
        (GRID, "random", None, Plan("random", 6)),
        (GRID, "tpe", 100, Plan("tpe", 100)),
        (WIDE, "auto", None, Plan("tpe", GRID_LIMIT + 1)),
        (WIDE, "grid", None, Plan("grid", GRID_LIMIT + 1)),
        (MIXED, "auto", 20, Plan("tpe", 20)),
        (MIXED, "random", 20, Plan("random", 20)),
    ],
)
def test_a_plan_decides_every_auto(space: Space, sampler: str, n_trials: int | None, expected: Plan) -> None:
    assert plan(space, sampler, n_trials) == expected


@pytest.mark.parametrize(
    ("space", "sampler", "n_trials", "said"),
    [
        (Space(()), "auto", None, "search.params: got an empty space; type for example lora.rank=4,16,64 -m, or "),
        (Space((RATE,)), "grid", 9, "search.sampler: got grid, but training.learning_rate is continuous; list values, or take "),
        (MIXED, "grid", 9, "search.sampler: got grid, but training.learning_rate, training.epochs are continuous; "),
        (MIXED, "auto", None, "search.n_trials: got null, expected a number, since the space has a continuous axis and no end"),
        (MIXED, "tpe", None, "search.n_trials: got null, expected a number, since the space has a continuous axis and no end"),
    ],
)
def test_a_plan_that_cannot_be_made_says_what_to_type(space: Space, sampler: str, n_trials: int | None, said: str) -> None:
    with pytest.raises(ConfigFault) as caught:
        plan(space, sampler, n_trials)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("storage_url", ["sqlite:////no/such/folder/study.db", "nonsense://host/db"])
def test_a_storage_that_does_not_answer_is_named(storage_url: str) -> None:
    with pytest.raises(ConfigFault, match=f"^search.storage: {storage_url} does not answer: "):
        Study("study", storage_url, GRID, plan(GRID, "grid", None), 0)


def test_studies_in_one_storage_do_not_mix(storage: str) -> None:
    run(Study("one", storage, GRID, plan(GRID, "grid", None), 0))
    assert Study("two", storage, GRID, plan(GRID, "grid", None), 0).remaining == 6


def test_an_adaptive_sampler_hears_of_some_trials_before_it_is_asked_for_more() -> None:
    assert [most_at_once(Plan("tpe", n)) for n in (1, 4, 20, 100)] == [1, 1, 5, 25]
    assert most_at_once(Plan("grid", 36)) == 36
    assert most_at_once(Plan("random", 7)) == 7
    assert most_at_once(Plan("grid", 36, "halving")) == 9


def test_the_axis_that_moves_the_objective_is_the_important_one(opened: Open) -> None:
    study = opened(MIXED, "random", 30)
    assert study.importance() == {}
    run(study, lambda point: -abs(math.log10(float(str(point[RATE.key]))) + 3))
    found = study.importance()
    assert next(iter(found)) == RATE.key
    assert found[RATE.key] > 0.5


def test_a_study_that_goes_on_does_not_compose_what_it_noted(storage: str) -> None:
    seen: list[Point] = []

    def identity(point: Point) -> str:
        seen.append(point)
        return f"key {sorted(point.items())}"

    def opened() -> Study:
        return Study("study", storage, GRID, plan(GRID, "grid", None), 0, identity=identity)

    study = opened()
    for _ in range(4):
        proposal = asked(study)
        study.note(proposal.number, {"trial_key": identity(proposal.point)})
        study.tell(proposal.number, ended(0.5))
    seen.clear()
    again = opened()
    assert seen == []
    assert [proposal.point for proposal in run(again)] == list(GRID.points())[4:]
