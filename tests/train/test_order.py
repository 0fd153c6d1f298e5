"""The order of rows."""

from __future__ import annotations

from sweep.train.order import BATCHES_A_GROUP, epoch_order


def test_every_row_once_and_the_same_again() -> None:
    assert sorted(epoch_order(11, seed=3, epoch=0)) == list(range(11))
    assert epoch_order(11, seed=3, epoch=0) == epoch_order(11, seed=3, epoch=0)


def test_seed_and_epoch_change_the_order() -> None:
    orders = [tuple(epoch_order(50, seed, epoch)) for seed in (0, 1) for epoch in (0, 1)]
    assert len(set(orders)) == 4


def test_grouping_by_length_keeps_every_row_and_puts_the_longest_first() -> None:
    lengths = [7, 30, 12, 5, 99, 41, 12, 8, 77, 3] * 30
    order = epoch_order(len(lengths), 0, 0, lengths, step_rows=2)
    assert sorted(order) == list(range(len(lengths)))
    assert lengths[order[0]] == 99
    within = [lengths[at] for at in order[1 : 2 * BATCHES_A_GROUP]]
    assert within == sorted(within, reverse=True)
    assert order != epoch_order(len(lengths), 0, 1, lengths, step_rows=2)
