"""Choosing among trials: what `best` and `pareto` promise, for any standings."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from tests.search.test_objective import objective

from sweep.search.choice import Standing, best, dominates, mean, pareto, standing

FEW = st.sampled_from([0.0, 0.25, 0.5, 1.0])  # few, so that there are equal ones
LACKING = st.sampled_from([-0.5, 0.0, 0.25, 0.5])


@st.composite
def standings(draw: st.DrawFn, objectives: int | None = None) -> list[Standing]:
    """Trials of one study."""
    several = objectives or draw(st.integers(1, 3))
    values, constraints = st.tuples(*[FEW] * several), st.fixed_dictionaries({"L1": LACKING, "L2": LACKING})
    count = draw(st.integers(0, 8))
    return [Standing(number, draw(values), draw(constraints), draw(FEW)) for number in range(count)]


def naive(everybody: list[Standing]) -> list[Standing]:
    """Non-dominated in values among the feasible ones; where there are none, in values and what is lacking."""
    within = [one for one in everybody if one.feasible] or everybody
    columns = {one.number: [*one.values, -one.violation] for one in within}
    return [
        one
        for one in within
        if not any(
            columns[other.number] != columns[one.number]
            and all(theirs >= ours for theirs, ours in zip(columns[other.number], columns[one.number], strict=True))
            for other in within
        )
    ]


@given(standings())
def test_the_pareto_set_is_whom_nobody_dominates_and_its_members_dominate_all_others(everybody: list[Standing]) -> None:
    members = pareto(everybody)
    assert members == naive(everybody)
    assert bool(members) == bool(everybody)
    assert not any(dominates(other, member) for member in members for other in everybody)
    assert all(any(dominates(member, other) for member in members) for other in everybody if other not in members)


@given(standings())
def test_no_trial_dominates_itself_or_one_that_dominates_it(everybody: list[Standing]) -> None:
    assert not any(dominates(a, b) and dominates(b, a) for a in everybody for b in everybody)


@given(standings(objectives=1))
def test_the_best_is_feasible_and_nobody_feasible_beats_it(everybody: list[Standing]) -> None:
    found, feasible = best(everybody), [one for one in everybody if one.feasible]
    assert (found is None) == (not feasible)
    if found is not None:
        assert found in feasible
        assert found in pareto(everybody)
        beaten = [(one.values, one.tie) for one in feasible]
        assert (found.values, found.tie) == max(beaten)
        assert found.number == min(one.number for one in feasible if (one.values, one.tie) == max(beaten))


@given(standings(), st.randoms(use_true_random=False))
def test_the_order_of_trials_does_not_matter(everybody: list[Standing], random: Random) -> None:
    shuffled = list(everybody)
    random.shuffle(shuffled)
    assert best(shuffled) == best(everybody)
    assert sorted(one.number for one in pareto(shuffled)) == [one.number for one in pareto(everybody)]


def test_of_several_objectives_none_comes_first() -> None:
    assert best([Standing(0, (1.0, 1.0)), Standing(1, (0.0, 0.0))]) is None


def test_an_infeasible_trial_is_in_no_pareto_set_beside_a_feasible_one() -> None:
    everybody = [Standing(0, (0.2, 0.2)), Standing(1, (0.9, 0.9), {"L1": 0.1})]
    assert pareto(everybody) == [everybody[0]]
    assert pareto([Standing(0, (0.9,), {"L1": 0.3}), Standing(1, (0.5,), {"L1": 0.1}), Standing(2, (0.4,), {"L1": 0.2})]) == [
        Standing(0, (0.9,), {"L1": 0.3}),
        Standing(1, (0.5,), {"L1": 0.1}),
    ]


def test_what_is_lacking_is_not_made_up_for_elsewhere() -> None:
    assert Standing(0, (1.0,), {"L1": 0.25, "L2": -0.5}).violation == 0.25
    assert Standing(0, (1.0,), {"L1": 0.0, "L2": -0.5}).feasible
    assert not Standing(0, (1.0,), {"L1": 1e-9}).feasible


def test_seeds_are_averaged_under_the_first_number() -> None:
    found = mean([Standing(4, (0.5, 1.0), {"L1": 0.5}, 0.25), Standing(2, (1.0, 0.0), {"L1": -0.5}, 0.75)])
    assert found == Standing(2, (0.75, 0.5), {"L1": 0.0}, 0.5)


def test_a_standing_is_read_off_the_levels() -> None:
    levels = {"L1": {"strict": 0.75, "key_recall": 1.0}, "L2": {"strict": 0.5, "key_recall": 0.25}}
    assert standing(7, levels, objective()) == Standing(7, (0.5,), {"L1": 0.9 - 0.75}, 0.25)
    assert standing(7, {"L1": levels["L1"]}, objective()) == Standing(7, (0.75,), {"L1": 0.9 - 0.75}, 0.0)
    assert standing(7, {"L1": levels["L1"]}, objective(objective="L2")) is None
