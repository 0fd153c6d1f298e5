"""What every training engine owes: a test class that each implementation inherits, supplying its `engine` fixture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.train.plans import plan_of

from sweep.model.base import Base
from sweep.train.engine import Broken, Diverged, Engine, EpochEnd

Make = Callable[[Base], Engine]


def weights(model: Any) -> dict[str, torch.Tensor]:
    """A copy of every parameter."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def logits(model: Any) -> torch.Tensor:
    """What the model says to a fixed input, [1, T, V]."""
    device = next(model.parameters()).device
    with torch.no_grad():
        return model(input_ids=torch.arange(1, 9, device=device)[None]).logits.clone()


def train_to_end(engine: Engine, key: str, epochs: int) -> list[EpochEnd]:
    """Advance until the trial has finished its epochs."""
    ends: list[EpochEnd] = []
    while len(ends) < epochs:
        news = engine.advance()
        assert all(isinstance(one, EpochEnd) for one in news), news
        ends += [one for one in news if isinstance(one, EpochEnd) and one.key == key]
    return ends


def assert_repeated(found: list[float], expected: list[float], base: Base) -> None:
    """Losses of one plan, twice. On CUDA a shape's first passes run unrecorded, and the rest may cut products otherwise."""
    assert found == (pytest.approx(expected, rel=2e-5) if base.device.startswith("cuda") else expected)


class EngineContract:
    """Inherited by each engine's tests; `make` builds the engine on a base."""

    make: Make

    @pytest.fixture
    def engine(self, tiny: Base) -> Engine:
        return type(self).make(tiny)

    def test_an_epoch_end_comes_for_every_epoch_with_a_loss_for_every_step(self, engine: Engine, tmp_path: Path) -> None:
        plan = plan_of(tmp_path, epochs=3)
        engine.start("a", plan)
        ends = train_to_end(engine, "a", 3)
        assert [end.epoch for end in ends] == [1, 2, 3]
        assert [step for end in ends for step, _ in end.losses] == list(range(1, plan.steps + 1))
        assert ends[-1].losses[-1][1] < ends[0].losses[0][1], "nothing was learned"

    def test_nothing_is_left_to_advance_after_the_last_epoch(self, engine: Engine, tmp_path: Path) -> None:
        engine.start("a", plan_of(tmp_path, epochs=1))
        train_to_end(engine, "a", 1)
        assert engine.advance() == []

    def test_a_fresh_adapter_changes_nothing_and_a_trained_one_does(self, engine: Engine, tiny: Base, tmp_path: Path) -> None:
        untouched = logits(tiny.model)
        engine.start("a", plan_of(tmp_path, epochs=1))
        assert torch.equal(logits(engine.adapted("a")), untouched)
        train_to_end(engine, "a", 1)
        assert not torch.allclose(logits(engine.adapted("a")), untouched, atol=1e-3)

    def test_stop_frees_the_slot_and_the_base_alone_speaks_as_before(self, engine: Engine, tiny: Base, tmp_path: Path) -> None:
        untouched = logits(tiny.model)
        engine.start("a", plan_of(tmp_path / "a", epochs=2))
        train_to_end(engine, "a", 1)
        engine.stop("a")
        assert torch.equal(logits(tiny.model), untouched)
        assert not any(parameter.requires_grad for parameter in tiny.model.parameters())
        engine.start("b", plan_of(tmp_path / "b", epochs=1))
        assert len(train_to_end(engine, "b", 1)) == 1

    def test_close_leaves_the_base_as_it_was(self, engine: Engine, tiny: Base, tmp_path: Path) -> None:
        before, untouched = weights(tiny.model), logits(tiny.model)
        modules = [type(module) for module in tiny.model.modules()]
        engine.start("a", plan_of(tmp_path / "a", epochs=1))
        train_to_end(engine, "a", 1)
        with pytest.raises(AssertionError, match="still in"):
            engine.close()
        engine.stop("a")
        engine.close()
        after = weights(tiny.model)
        assert after.keys() == before.keys()
        assert all(torch.equal(after[name], before[name]) for name in before)
        assert [type(module) for module in tiny.model.modules()] == modules
        assert torch.equal(logits(tiny.model), untouched)

    def test_the_same_plan_gives_the_same_numbers_whatever_ran_before(self, engine: Engine, tiny: Base, tmp_path: Path) -> None:
        def run(key: str, **changes: Any) -> list[float]:
            engine.start(key, plan_of(tmp_path / key, epochs=2, **changes))
            losses = [loss for end in train_to_end(engine, key, 2) for _, loss in end.losses]
            engine.stop(key)
            return losses

        first = run("a", dropout=0.1)
        other = run("b", dropout=0.1, seed=1)
        assert_repeated(run("c", dropout=0.1), first, tiny)
        assert other != pytest.approx(first, rel=1e-3)

    def test_a_saved_adapter_comes_back(self, engine: Engine, tmp_path: Path) -> None:
        engine.start("a", plan_of(tmp_path, epochs=2))
        train_to_end(engine, "a", 1)
        said = logits(engine.adapted("a"))
        engine.save("a", tmp_path / "kept")
        train_to_end(engine, "a", 1)
        assert not torch.allclose(logits(engine.adapted("a")), said, atol=1e-4)
        engine.load("a", tmp_path / "kept")
        assert torch.equal(logits(engine.adapted("a")), said)

    def test_a_resumed_trial_goes_on_as_if_it_had_not_stopped(self, engine: Engine, tiny: Base, tmp_path: Path) -> None:
        whole = plan_of(tmp_path / "whole", epochs=3, dropout=0.1, schedule="cosine", warmup_ratio=0.2)
        engine.start("whole", whole)
        expected = train_to_end(engine, "whole", 3)
        said = logits(engine.adapted("whole"))
        engine.stop("whole")

        parted = plan_of(tmp_path / "parted", epochs=3, dropout=0.1, schedule="cosine", warmup_ratio=0.2)
        engine.start("parted", parted)
        train_to_end(engine, "parted", 1)
        engine.stop("parted")
        engine.start("parted", parted, resume=parted.checkpoints)
        rest = train_to_end(engine, "parted", 3)
        assert [end.epoch for end in rest] == [1, 2, 3], "the end of the checkpoint's epoch is told again"
        assert [step for end in rest for step, _ in end.losses] == [step for end in expected for step, _ in end.losses]
        found, before = ([loss for end in ends for _, loss in end.losses] for ends in (rest, expected))
        assert_repeated(found, before, tiny)
        close = 1e-4 if tiny.device.startswith("cuda") else 0.0
        torch.testing.assert_close(logits(engine.adapted("parted")), said, rtol=close, atol=close)

    def test_a_trial_whose_process_died_behind_its_last_epoch_tells_of_its_end(self, engine: Engine, tmp_path: Path) -> None:
        plan = plan_of(tmp_path, epochs=2)
        engine.start("a", plan)
        *_, last = train_to_end(engine, "a", 2)
        said = logits(engine.adapted("a"))
        engine.stop("a")
        engine.start("a", plan, resume=plan.checkpoints)
        assert engine.advance() == [last]
        assert torch.equal(logits(engine.adapted("a")), said)
        assert engine.advance() == []

    def test_a_trial_that_cannot_be_resumed_leaves_the_base_as_it_was(self, engine: Engine, tiny: Base, tmp_path: Path) -> None:
        untouched = logits(tiny.model)
        with pytest.raises(FileNotFoundError, match="holds no checkpoint to go on from"):
            engine.start("a", plan_of(tmp_path / "a", epochs=1), resume=tmp_path / "nothing")
        assert torch.equal(logits(tiny.model), untouched)
        assert not any("lora" in name for name, _ in tiny.model.named_modules())
        engine.start("b", plan_of(tmp_path / "b", epochs=1))
        assert len(train_to_end(engine, "b", 1)) == 1

    def test_a_diverging_trial_is_broken_and_its_slot_is_free(self, engine: Engine, tiny: Base, tmp_path: Path) -> None:
        untouched = logits(tiny.model)
        engine.start("a", plan_of(tmp_path / "a", epochs=4, learning_rate=1e30, max_grad_norm=0.0))
        news: list[EpochEnd | Broken] = []
        while not any(isinstance(one, Broken) for one in news):
            news = engine.advance()
            assert news, "the trial ended without diverging"
        broken = next(one for one in news if isinstance(one, Broken))
        assert broken.key == "a"
        assert isinstance(broken.error, Diverged)
        assert torch.equal(logits(tiny.model), untouched)
        engine.start("b", plan_of(tmp_path / "b", epochs=1))
        assert len(train_to_end(engine, "b", 1)) == 1
