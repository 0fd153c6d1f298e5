"""Dropout from hashes: the right rate, no dependence on who else is in the batch, no pattern that could be seen."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from sweep.model import dropout
from sweep.model.dropout import token_keys

# K voices, N tokens, D features
WIDTH = 256
SIGMAS = 5.0  # of a binomial count; no draw here is random from run to run, so a test that passes keeps passing


def keys(rows: list[int], positions: list[int], *, seed: int = 0, epoch: int = 0) -> torch.Tensor:
    return torch.from_numpy(token_keys(seed, epoch, np.array(rows), np.array(positions)))


def keep(x_KND: torch.Tensor, keys_KN: torch.Tensor, rate_K: torch.Tensor, module: int) -> torch.Tensor:
    """Dropout before the module of this number."""
    return dropout.keep(x_KND, keys_KN, rate_K, torch.tensor(module, dtype=torch.int32))


def mask(keys_N: torch.Tensor, rate: float, module: int = 0, width: int = WIDTH) -> torch.Tensor:
    """True where an element is dropped, [N, D]."""
    return keep(torch.ones(1, len(keys_N), width), keys_N[None], torch.tensor([rate]), module)[0] == 0


def grid(rows: int, positions: int, **where: int) -> torch.Tensor:
    """Keys of a whole text: so many rows of so many tokens."""
    found = list(itertools.product(range(rows), range(positions)))
    return keys([row for row, _ in found], [position for _, position in found], **where)


def correlation(one: torch.Tensor, other: torch.Tensor) -> float:
    """Of two masks, in standard deviations of what independent ones show."""
    pair = torch.stack([one.flatten().double(), other.flatten().double()])
    return abs(float(torch.corrcoef(pair)[0, 1])) * math.sqrt(one.numel())


@pytest.mark.parametrize("rate", [0.001, 0.05, 0.1, 0.3, 0.5, 0.9, 0.999])
def test_each_voice_drops_at_its_own_rate(rate: float) -> None:
    rates = torch.tensor([0.25, rate, 0.0])
    keys_KN = torch.stack([grid(20, 30, seed=seed) for seed in range(3)])
    dropped = keep(torch.ones(3, 600, WIDTH), keys_KN, rates, 3) == 0
    for voice, expected in enumerate(rates.tolist()):
        n = dropped[voice].numel()
        spread = math.sqrt(n * expected * (1 - expected))
        assert abs(int(dropped[voice].sum()) - n * expected) <= SIGMAS * spread


@pytest.mark.parametrize("dim", [0, 1])
def test_no_token_and_no_feature_is_dropped_more_often_than_others(dim: int) -> None:
    dropped = mask(grid(40, 25), 0.2, module=5)
    n = dropped.shape[dim]
    counts = dropped.sum(dim).double()
    assert ((counts - 0.2 * n).abs() <= SIGMAS * math.sqrt(n * 0.2 * 0.8)).all()
    assert counts.var().item() == pytest.approx(n * 0.2 * 0.8, rel=0.3)  # neither too even nor too uneven


def test_what_is_kept_is_scaled_so_that_the_expectation_stays() -> None:
    x = torch.randn(1, 2000, WIDTH, generator=torch.Generator().manual_seed(0))
    kept = keep(x, grid(50, 40)[None], torch.tensor([0.3]), 0)
    dropped = kept == 0
    torch.testing.assert_close(kept[~dropped], x[~dropped] / 0.7)
    spread = math.sqrt(0.3 / 0.7 * float(x.square().sum()))  # of the sum, over draws of the mask
    assert abs(float((kept - x).double().sum())) <= SIGMAS * spread


def test_rate_zero_leaves_a_voice_as_it_was_bit_for_bit() -> None:
    x = torch.tensor([0.0, -0.0, 1e-45, 3.4e38, -1.5, float("inf"), float("-inf"), float("nan")]).expand(2, 6, 8).clone()
    kept = keep(x, torch.stack([grid(2, 3)] * 2), torch.tensor([0.0, 0.5]), 0)
    assert torch.equal(kept[0].view(torch.int32), x[0].view(torch.int32))
    assert not torch.equal(kept[1].view(torch.int32), x[1].view(torch.int32))


def test_a_dropped_value_is_zero_whatever_it_was() -> None:
    """By selection, not by multiplication: 0 x NaN would be NaN."""
    kept = keep(torch.full((1, 6, WIDTH), float("nan")), grid(2, 3)[None], torch.tensor([0.5]), 0)
    assert set(kept[~kept.isnan()].tolist()) == {0.0}
    assert 0.3 < kept.isnan().double().mean() < 0.7


def test_the_gradient_passes_through_the_same_mask() -> None:
    x = torch.randn(2, 12, WIDTH, generator=torch.Generator().manual_seed(0)).requires_grad_()
    keys_KN, rates = torch.stack([grid(3, 4), grid(3, 4, seed=1)]), torch.tensor([0.1, 0.6])
    kept = keep(x, keys_KN, rates, 2)
    seen = torch.randn(kept.shape, generator=torch.Generator().manual_seed(1))
    (grad,) = torch.autograd.grad(kept, x, seen)
    expected = torch.where(kept == 0, 0.0, seen / (1 - rates)[:, None, None])
    torch.testing.assert_close(grad, expected)


def test_a_mask_does_not_depend_on_place_padding_or_neighbours() -> None:
    x = torch.randn(1, 12, WIDTH, generator=torch.Generator().manual_seed(0))
    mine, rate = grid(3, 4, seed=7, epoch=2), torch.tensor([0.2])
    alone = keep(x, mine[None], rate, 4)

    turned = torch.randperm(12, generator=torch.Generator().manual_seed(1))
    assert torch.equal(keep(x[:, turned], mine[None, turned], rate, 4), alone[:, turned])

    padded_x, padded = torch.zeros(3, 40, WIDTH), torch.zeros(3, 40, dtype=torch.int32)
    padded_x[1, :12], padded[1, :12] = x[0], mine
    padded_x[2] = float("nan")
    assert torch.equal(keep(padded_x, padded, torch.tensor([0.9, 0.2, 0.0]), 4)[1, :12], alone[0])


def test_precisions_share_the_mask() -> None:
    x, where = torch.ones(1, 12, WIDTH), grid(3, 4)[None]
    rate = torch.tensor([0.4])
    assert torch.equal(keep(x, where, rate, 0) == 0, keep(x.bfloat16(), where, rate, 0) == 0)


def test_masks_differ_between_modules_epochs_seeds_rows_and_positions() -> None:
    """Also where two numbers change at once: row 4 of one module is not row 3 of the next."""
    places = list(itertools.product(range(2), range(2), range(4), range(5), range(4)))
    drawn = [
        mask(keys([row], [position], seed=seed, epoch=epoch), 0.5, module)[0].double()
        for seed, epoch, module, row, position in places
    ]
    found = torch.corrcoef(torch.stack(drawn)).fill_diagonal_(0).abs() * math.sqrt(WIDTH)
    one, other = divmod(int(found.argmax()), len(places))
    assert found.max() < SIGMAS + 1, (places[one], places[other])  # the largest of 51,040


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_neighbours_within_a_mask_are_independent(rate: float) -> None:
    dropped = mask(grid(30, 40), rate, module=1).view(30, 40, WIDTH)
    assert correlation(dropped[:-1], dropped[1:]) < SIGMAS
    assert correlation(dropped[:, :-1], dropped[:, 1:]) < SIGMAS
    for shift in (1, 2, 3, 4, 8, 16, 32, 64, 128):
        assert correlation(dropped[..., :-shift], dropped[..., shift:]) < SIGMAS
    assert correlation(dropped[:-1, 1:], dropped[1:, :-1]) < SIGMAS
    assert correlation(dropped[:, :-1, 1:], dropped[:, 1:, :-1]) < SIGMAS


def test_another_process_draws_the_same_mask() -> None:
    """Pinned: neither Python's hash seed nor a library version may reach it."""
    assert keys([0, 1], [0, 5], seed=3, epoch=2).tolist() == [1539198228, -1752122600]
    dropped = mask(keys([1], [5], seed=3, epoch=2), 0.5, module=7, width=16)[0]
    assert "".join(str(int(one)) for one in dropped) == "1111111110100111"
