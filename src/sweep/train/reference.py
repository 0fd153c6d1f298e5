"""Train one trial at a time with TRL's SFTTrainer and PEFT: slow, and trusted in every dispute with a faster engine.

The Trainer is stopped at each epoch's end with a checkpoint and continued from it, which gives the same numbers as a run
without stops (`tests/train/test_reference.py`). TRL scores labels against `lm_head.weight` directly and so refuses an
adapter there; with `lora.lm_head` its parent, transformers' Trainer, trains on the same rows, collator and arguments.
"""

from __future__ import annotations

import json
import logging
import math
import shutil
import warnings
from pathlib import Path
from typing import Any

import datasets
from peft.optimizers import create_loraplus_optimizer
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainerState, TrainingArguments
from transformers.trainer import TRAINER_STATE_NAME
from trl import SFTConfig, SFTTrainer
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from sweep.model import lora
from sweep.model.base import Base
from sweep.train.engine import Broken, Diverged, EpochEnd, OnStep, Plan
from sweep.train.order import epoch_order

# our names -> transformers' OptimizerNames
OPTIMIZERS = {"adamw": "adamw_torch", "sgd": "sgd", "adamw_8bit": "adamw_bnb_8bit", "paged_adamw_8bit": "paged_adamw_8bit"}


def _not_of_times(record: logging.LogRecord) -> bool:
    """Checkpoints of a small model are written within one tick of the clock; by number is the order that is meant anyway."""
    return "mtime may not be reliable" not in record.getMessage()


logging.getLogger("transformers.trainer_utils").addFilter(_not_of_times)


class Reference:
    """The engine contract with one slot."""

    slots = 1

    def __init__(self, base: Base, on_step: OnStep | None = None) -> None:
        self._base = base
        self._on_step = on_step
        self._run: _Run | None = None

    def start(self, key: str, plan: Plan, resume: Path | None = None) -> None:
        """Attach the trial's fresh adapter to the base and build its Trainer."""
        assert self._run is None, "the reference engine has one slot"
        self._run = _Run(key, plan, self._base, resume, self._on_step)

    def advance(self) -> list[EpochEnd | Broken]:
        """Train one epoch of the trial in the slot. One that goes on from a checkpoint is at an epoch's end at once."""
        run = self._run
        if run is not None and (told := run.reached()) is not None:
            return [told]
        if run is None or run.epoch == run.plan.training.epochs:
            return []
        try:
            return [run.train_one_epoch()]
        except Exception as error:  # one trial's failure is an event of that trial; the worker records the traceback
            self.stop(run.key)
            return [Broken(run.key, error)]

    def adapted(self, *keys: str) -> Any:
        """The PEFT model of the running trial."""
        (key,) = keys
        model = self._at(key).model
        model.eval()
        return model

    def save(self, key: str, folder: Path) -> None:
        """Write the adapter in PEFT format."""
        lora.save(self._at(key).model, folder, self._base)

    def load(self, key: str, folder: Path) -> None:
        """Set the adapter's weights from a folder in PEFT format."""
        run = self._at(key)
        lora.restore(run.model, folder, run.plan.lora.precision)

    def stop(self, key: str) -> None:
        """Take the adapter off the base, which is left as `load` returned it."""
        run, self._run = self._at(key), None
        run.close()

    def close(self) -> None:
        """Nothing is left on the base between trials."""
        assert self._run is None, f"{self._run.key} is still in the slot"

    def _at(self, key: str) -> _Run:
        assert self._run is not None, f"{key} is not in the slot: the slot is empty"
        assert self._run.key == key, f"{key} is not in the slot: {self._run.key} is"
        return self._run


class _Run:
    """One trial between start and stop: its adapter, its Trainer, the epochs done."""

    def __init__(self, key: str, plan: Plan, base: Base, resume: Path | None, on_step: OnStep | None) -> None:
        self.key = key
        self.plan = plan
        self._forward = base.model.__dict__.get("forward")  # TRL puts a forward of its own there
        self._base = base
        self.model = lora.attach(
            base,
            plan.modules,
            rank=plan.lora.rank,
            alpha=plan.lora.scaled_alpha,
            dropout=plan.lora.dropout,
            rslora=plan.lora.rslora,
            precision=plan.lora.precision,
            seed=plan.seed,
        )
        self._watch = _Watch(key, plan, on_step)
        try:
            self._trainer = _trainer(self.model, base, plan, self._watch)
            lora.cast_adapters(self.model, plan.lora.precision)  # TRL makes adapters bf16 on quantised bases
            lora.initialise(self.model, plan.seed)  # and so rounded the first weights
            self._checkpoint = _last_checkpoint(resume) if resume is not None else None
            self.epoch = _epoch_of(self._checkpoint, plan)
            self._reached = self._restored(self._checkpoint) if self._checkpoint is not None else None
        except BaseException:
            self.close()  # or the next trial would train on top of this one's adapter
            raise

    def reached(self) -> EpochEnd | None:
        """The end of the epoch at which the checkpoint was written that it goes on from; once."""
        told, self._reached = self._reached, None
        return told

    def _restored(self, checkpoint: Path) -> EpochEnd:
        """A checkpoint's weights are in place, and the end that it was written at is known."""
        lora.restore(self.model, checkpoint, self.plan.lora.precision)
        first = (self.epoch - 1) * self.plan.steps_per_epoch + 1
        rows = TrainerState.load_from_json(str(checkpoint / TRAINER_STATE_NAME)).log_history
        losses = tuple((row["step"], float(row["loss"])) for row in rows if row["step"] >= first and "loss" in row)
        return EpochEnd(self.key, self.epoch, losses)

    def train_one_epoch(self) -> EpochEnd:
        """Continue from the last epoch's checkpoint, stop at the next. Raises Diverged on a loss that is not finite."""
        self._watch.losses.clear()
        self.model.train()
        self._trainer.train(resume_from_checkpoint=str(self._checkpoint) if self._checkpoint else None)
        self._checkpoint = _last_checkpoint(self.plan.checkpoints)
        self.epoch += 1
        return EpochEnd(self.key, self.epoch, tuple(self._watch.losses))

    def close(self) -> None:
        """Give the base back without adapter and without TRL's forward."""
        lora.detach(self.model)
        if self._forward is None:
            self._base.model.__dict__.pop("forward", None)
        else:
            self._base.model.forward = self._forward
        self._base.model.eval()


def _trainer(model: Any, base: Base, plan: Plan, watch: TrainerCallback) -> Any:
    """A Trainer on our rows, our row order and our arguments; TRL's wherever it can train what was asked for."""
    trainer_class = _PlainTrainer if plan.lora.lm_head else _SftTrainer
    trainer = trainer_class(
        model=model,
        args=_arguments(plan, base),
        train_dataset=datasets.Dataset.from_list([{"input_ids": list(r.input_ids), "labels": list(r.labels)} for r in plan.rows]),
        data_collator=DataCollatorForLanguageModeling(pad_token_id=base.tokenizer.pad_token_id),
        processing_class=base.tokenizer,
        callbacks=[watch],
    )
    trainer.plan, trainer.base = plan, base
    trainer.remove_callback(PrinterCallback)
    if plan.lora.lr_ratio_b != 1:
        trainer.optimizer = _lora_plus(trainer, model, plan)
    return trainer


def _arguments(plan: Plan, base: Base) -> TrainingArguments:
    """Our keys in transformers' words. What TRL would choose differently from what we say is switched off."""
    with warnings.catch_warnings():
        # transformers 5.23 renames `gradient_checkpointing`; 5.17 knows only the old name, and TRL would switch it on.
        warnings.filterwarnings("ignore", message=".*gradient_checkpointing", category=FutureWarning)
        args = _config(plan, base)
    args._n_gpu = min(args.n_gpu, 1)  # else several visible GPUs multiply the batch; a Worker has one
    return args


def _config(plan: Plan, base: Base) -> SFTConfig:
    training = plan.training
    return SFTConfig(
        output_dir=str(plan.checkpoints),
        num_train_epochs=training.epochs,
        learning_rate=training.learning_rate,
        per_device_train_batch_size=training.batch_size,
        gradient_accumulation_steps=training.accumulation,
        optim=OPTIMIZERS[training.optimizer],
        lr_scheduler_type=training.schedule,
        warmup_steps=plan.warmup_steps,
        weight_decay=training.weight_decay,
        max_grad_norm=training.max_grad_norm,
        seed=plan.seed,
        bf16=False,  # no autocast: the base's own precision, and PEFT's casts around the adapter's
        fp16=False,
        use_cpu=base.device == "cpu",
        gradient_checkpointing=False,
        max_length=None,  # rows were measured when they were tokenised; nothing is cut here
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        logging_steps=1,
        logging_nan_inf_filter=False,  # a divergence must be seen, not replaced by an average
        save_strategy="no",  # _Watch asks for a checkpoint at each epoch's end
        save_total_limit=1,
        report_to=[],
        disable_tqdm=True,
    )


def _lora_plus(trainer: Any, model: Any, plan: Plan) -> Any:
    """LoRA+ (arXiv:2402.12354): B learns `lr_ratio_b` times as fast as A."""
    optimizer, settings = Trainer.get_optimizer_cls_and_kwargs(trainer.args, model)
    rate = settings.pop("lr")
    decay = plan.training.weight_decay
    decays = {"loraplus_weight_decay": decay, "weight_decay": decay}
    return create_loraplus_optimizer(model, optimizer, lr=rate, loraplus_lr_ratio=plan.lora.lr_ratio_b, **decays, **settings)


class _Order:
    """A sampler in `epoch_order`; accelerate tells it the epoch."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._epoch = 0

    def __len__(self) -> int:
        return len(self._plan.rows)

    def __iter__(self) -> Any:
        training = self._plan.training
        lengths = [len(row.input_ids) for row in self._plan.rows] if training.group_by_length else None
        step_rows = training.batch_size * training.accumulation
        return iter(epoch_order(len(self), self._plan.seed, self._epoch, lengths, step_rows))

    def set_epoch(self, epoch: int) -> None:
        """Epochs count from 0."""
        self._epoch = epoch


class _OurRows:
    """What we change in either Trainer, which offers no hook for it: the order of rows, how an adapter is written and read."""

    plan: Plan
    base: Base
    model: Any

    def _get_train_sampler(self, train_dataset: Any = None) -> _Order:
        return _Order(self.plan)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        lora.save(self.model, Path(output_dir or self.plan.checkpoints), self.base)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        lora.restore(self.model, Path(resume_from_checkpoint), self.plan.lora.precision)

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """No card for a checkpoint; the exported adapter gets one."""


class _SftTrainer(_OurRows, SFTTrainer):
    pass


class _PlainTrainer(_OurRows, Trainer):
    pass


class _Watch(TrainerCallback):
    """Collects each step's loss and ends `train` at an epoch's end."""

    def __init__(self, key: str, plan: Plan, on_step: OnStep | None) -> None:
        self._key = key
        self._plan = plan
        self._on_step = on_step
        self.losses: list[tuple[int, float]] = []

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **kwargs: Any) -> None:
        if logs is None or "loss" not in logs:
            return
        loss = float(logs["loss"])
        self.losses.append((state.global_step, loss))
        if not math.isfinite(loss):
            raise Diverged(f"the training loss is {loss} at optimizer step {state.global_step} of {self._plan.steps}")
        if self._on_step is not None:
            self._on_step(self._key, state.global_step, self._plan.steps, loss)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
        control.should_save = True
        control.should_training_stop = True
        return control


def _last_checkpoint(folder: Path) -> Path:
    """The last whole one: while one is written the former still lies there, and what transformers writes last is its state.

    Torn ones are removed: transformers would take them for the newest, and a whole one for one too many.
    """
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.removeprefix("checkpoint-")))
    for torn in [path for path in found if not _is_whole(path)]:
        shutil.rmtree(torn)
        found.remove(torn)
    if not found:
        raise FileNotFoundError(f"{folder}: holds no checkpoint to go on from")
    return found[-1]


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / TRAINER_STATE_NAME).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    return True


def _epoch_of(checkpoint: Path | None, plan: Plan) -> int:
    """Finished epochs behind a checkpoint, which is named after its optimizer step."""
    return int(checkpoint.name.removeprefix("checkpoint-")) // plan.steps_per_epoch if checkpoint else 0
