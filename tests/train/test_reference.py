"""The reference engine: its contract, and what it promises beyond."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from tests.train.contract import EngineContract, logits, train_to_end, weights
from tests.train.plans import plan_of
from transformers import Trainer, TrainerCallback
from transformers.trainer_utils import sort_checkpoints
from transformers.utils import logging as logging_of

from sweep.model import lora
from sweep.model.base import Base, load
from sweep.train.reference import OPTIMIZERS, Reference, _arguments, _OurRows


class TestReference(EngineContract):
    make = Reference


def losses_of(engine: Reference, folder: Path, epochs: int = 2, **changes: Any) -> list[float]:
    """Train a trial and give its losses; the slot is free again."""
    engine.start("x", plan_of(folder, epochs=epochs, **changes))
    found = [loss for end in train_to_end(engine, "x", epochs) for _, loss in end.losses]
    engine.stop("x")
    return found


@pytest.mark.parametrize("left", [None, '{"log_history": [{'])
def test_a_torn_checkpoint_is_none(left: str | None, tiny: Base, tmp_path: Path) -> None:
    """Killed while it was written: what comes last is not there, or not whole. The one before it is gone on from."""
    engine, plan = Reference(tiny), plan_of(tmp_path, epochs=2)
    engine.start("a", plan)
    (first, _) = train_to_end(engine, "a", 2)
    engine.stop("a")
    (whole,) = plan.checkpoints.glob("checkpoint-*")
    torn = plan.checkpoints / "checkpoint-999"
    torn.mkdir()
    if left is not None:
        (torn / "trainer_state.json").write_text(left)
    engine.start("a", plan, resume=plan.checkpoints)
    assert engine._at("a")._checkpoint == whole
    assert not torn.exists()
    engine.stop("a")
    (whole / "trainer_state.json").unlink()
    with pytest.raises(FileNotFoundError, match="holds no checkpoint to go on from"):
        engine.start("a", plan, resume=plan.checkpoints)
    engine.start("a", plan)
    (again,) = train_to_end(engine, "a", 1)
    assert again == first


def test_stopping_at_each_epoch_gives_the_numbers_of_a_run_without_stops(tiny: Base, tmp_path: Path) -> None:
    changes: dict[str, Any] = {"epochs": 3, "dropout": 0.1, "accumulation": 2, "schedule": "linear", "weight_decay": 0.01}
    engine = Reference(tiny)
    engine.start("x", plan_of(tmp_path / "stopped", **changes))
    stopped = [loss for end in train_to_end(engine, "x", 3) for loss in end.losses]
    said = logits(engine.adapted("x"))
    engine.stop("x")

    engine.start("y", plan_of(tmp_path / "whole", **changes))
    run = engine._at("y")
    run._trainer.remove_callback(run._watch)
    seen: list[tuple[int, float]] = []

    class Losses(TrainerCallback):
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            if "loss" in logs:
                seen.append((state.global_step, logs["loss"]))

    run._trainer.add_callback(Losses())
    run.model.train()
    run._trainer.train()
    assert seen == stopped
    assert torch.equal(logits(engine.adapted("y")), said)


def test_checkpoints_written_within_a_second_are_no_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """transformers writes it past every view, straight to the terminal."""
    heard = list[str]()

    class Hears(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    said = logging.getLogger("transformers.trainer_utils")
    monkeypatch.setattr(said, "handlers", [Hears()])
    for number in (2, 10):
        (tmp_path / f"checkpoint-{number}").mkdir()
    logging_of.warning_once.cache_clear()
    assert [Path(found).name for found in sort_checkpoints(str(tmp_path), use_mtime=True)] == ["checkpoint-2", "checkpoint-10"]
    said.warning("something else")
    assert heard == ["something else"]


def test_the_loss_of_a_step_is_the_mean_over_its_own_answer_tokens(tiny: Base, tmp_path: Path) -> None:
    """With accumulation too: all answer tokens of the step count alike, wherever their micro-batch ends."""
    engine = Reference(tiny)
    plan = plan_of(tmp_path, epochs=1, accumulation=2)
    order = list(_order_of(plan))[:8]
    picked = [plan.rows[at] for at in order]
    total, count = 0.0, 0
    for row in picked:
        ids = torch.tensor([row.input_ids], device=tiny.device)
        with torch.no_grad():
            logp = tiny.model(input_ids=ids).logits[0, :-1].log_softmax(-1)
        for at, learned in enumerate(row.completion_mask[1:]):
            if learned:
                total -= float(logp[at, row.input_ids[at + 1]])
                count += 1
    engine.start("x", plan)
    first = train_to_end(engine, "x", 1)[0].losses[0][1]
    assert first == pytest.approx(total / count, rel=1e-5)


def _order_of(plan: Any) -> Any:
    from sweep.train.reference import _Order

    return iter(_Order(plan))


@pytest.mark.parametrize("kind", ["none", "int8", "nf4"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_adapters_have_the_precision_asked_for_on_every_base(kind: Any, precision: str, tmp_path: Path) -> None:
    engine = Reference(load("tiny", quantization=kind))
    engine.start("x", plan_of(tmp_path, epochs=2, precision=precision))
    ends = train_to_end(engine, "x", 2)
    trained = [p for p in engine.adapted("x").parameters() if p.requires_grad]
    assert {p.dtype for p in trained} == {torch.float32 if precision == "fp32" else torch.bfloat16}
    assert ends[-1].losses[-1][1] < ends[0].losses[0][1]


@pytest.mark.parametrize("kind", ["none", "int8", "nf4"])
def test_first_weights_are_those_of_the_seed_on_every_base(kind: Any, tmp_path: Path) -> None:
    """TRL makes adapters bf16 on quantised bases; making them fp32 again does not bring the cut digits back."""
    engine = Reference(load("tiny", quantization=kind))
    engine.start("x", plan_of(tmp_path, seed=3))
    for name, layer in lora.adapters(engine.adapted("x")):
        down = layer.lora_A["default"].weight.cpu()
        assert torch.equal(down, lora.initial_a(3, name, *down.shape))


def test_lm_head_trains_with_the_parent_trainer_and_exports_no_embedding(tiny: Base, tmp_path: Path) -> None:
    engine = Reference(tiny)
    before = weights(tiny.model)
    engine.start("x", plan_of(tmp_path, epochs=1, lm_head=True))
    train_to_end(engine, "x", 1)
    said = logits(engine.adapted("x"))
    engine.save("x", tmp_path / "adapter")
    engine.stop("x")
    assert all(torch.equal(value, before[name]) for name, value in weights(tiny.model).items())
    size = (tmp_path / "adapter" / "adapter_model.safetensors").stat().st_size
    words: Any = tiny.model.get_input_embeddings()  # type: ignore[operator]
    embedding = words.weight.numel() * 4  # bytes in fp32
    assert size < embedding, "the embedding went along"
    plain = PeftModel.from_pretrained(tiny.model, str(tmp_path / "adapter"))
    torch.testing.assert_close(logits(plain), said)


def test_trl_and_its_parent_agree_on_the_same_rows(tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lm_head path differs from TRL's only in who computes the loss."""
    from sweep.train import reference

    by_trl = losses_of(Reference(tiny), tmp_path / "trl")
    monkeypatch.setattr(reference, "_SftTrainer", reference._PlainTrainer)
    by_parent = losses_of(Reference(tiny), tmp_path / "parent")
    assert by_parent == pytest.approx(by_trl, rel=2e-5)


def test_a_trainer_without_our_order_gives_other_numbers(tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test of the tests above: they would notice another order of rows."""
    ours = losses_of(Reference(tiny), tmp_path / "ours")
    monkeypatch.setattr(_OurRows, "_get_train_sampler", lambda self, dataset=None: Trainer._get_train_sampler(self, dataset))
    assert losses_of(Reference(tiny), tmp_path / "theirs") != ours


@pytest.mark.parametrize(
    ("key", "value"),
    [("schedule", "cosine"), ("weight_decay", 0.5), ("max_grad_norm", 0.05), ("warmup_ratio", 0.5), ("lr_ratio_b", 8.0),
     ("rslora", True), ("alpha", 1.0), ("optimizer", "sgd"), ("group_by_length", True), ("accumulation", 2), ("dropout", 0.3)],
)  # fmt: skip
def test_every_option_reaches_the_training(key: str, value: Any, tiny: Base, tmp_path: Path) -> None:
    base = losses_of(Reference(tiny), tmp_path / "base", epochs=3)
    assert losses_of(Reference(tiny), tmp_path / "changed", epochs=3, **{key: value}) != base


@pytest.mark.parametrize("name", ["adamw_8bit", "paged_adamw_8bit"])
def test_eight_bit_optimizers_run_without_a_gpu(name: str, tiny: Base, tmp_path: Path) -> None:
    losses = losses_of(Reference(tiny), tmp_path, epochs=3, optimizer=name)
    assert losses[-1] < losses[0]


def test_lora_plus_gives_b_its_own_rate(tiny: Base, tmp_path: Path) -> None:
    engine = Reference(tiny)
    engine.start("x", plan_of(tmp_path, epochs=1, lr_ratio_b=4.0, learning_rate=1e-3, schedule="constant"))
    train_to_end(engine, "x", 1)
    groups = engine._at("x")._trainer.optimizer.param_groups
    assert sorted({group["lr"] for group in groups if group["params"]}) == pytest.approx([1e-3, 4e-3])


def test_the_articles_options_arrive_in_the_arguments(tiny: Base, tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path, epochs=8, batch_size=2, accumulation=2, learning_rate=1e-5, weight_decay=0.001, warmup_ratio=0.3,
        max_grad_norm=0.3, optimizer="paged_adamw_8bit", schedule="constant",
    )  # fmt: skip
    args = _arguments(plan, tiny)
    assert (args.num_train_epochs, args.per_device_train_batch_size, args.gradient_accumulation_steps) == (8, 2, 2)
    assert (args.learning_rate, args.weight_decay, args.max_grad_norm) == (1e-5, 0.001, 0.3)
    assert args.optim == OPTIMIZERS["paged_adamw_8bit"]
    assert args.lr_scheduler_type == "constant"
    assert args.warmup_steps == math.ceil(0.3 * plan.steps)
    assert not args.bf16
    assert not args.fp16
    assert not args.gradient_checkpointing
