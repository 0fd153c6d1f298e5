"""What the packed engine refuses, and when it records: the parts of a pass that parity does not show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.train.plans import plan_of
from transformers import BloomConfig, BloomForCausalLM, MistralConfig, MistralForCausalLM

from sweep.errors import ModelFault
from sweep.model.base import Base
from sweep.model.layers import discover
from sweep.model.recording import Unrecordable
from sweep.train import forward
from sweep.train.forward import SHARE_TO_RECORD
from sweep.train.packed import Packed

GPU_BYTES = 1000.0


def on(tiny: Base, model: Any) -> Base:
    """The tiny base's tokenizer with another model."""
    model.requires_grad_(False).eval()
    return replace(tiny, model=model, layers=discover(model))


def mistral(tiny: Base, window: int) -> Base:
    words = len(tiny.tokenizer)
    return on(
        tiny,
        MistralForCausalLM(
            MistralConfig(
                vocab_size=words, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
                num_key_value_heads=2, sliding_window=window,
            )
        ),
    )  # fmt: skip


def test_rows_longer_than_a_sliding_window_are_refused(tiny: Base, tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    longest = max(len(row.input_ids) for row in plan.rows)
    Packed(mistral(tiny, longest)).start("a", replace(plan, modules=("model.layers.0.self_attn.q_proj",)))
    with pytest.raises(
        ModelFault, match=rf"a row has {longest} tokens.*type training\.max_length={longest - 1} or training\.eng"
    ):
        Packed(mistral(tiny, longest - 1)).start("a", plan)


def test_a_model_that_cannot_read_a_mask_of_its_own_is_refused_with_a_way_out(tiny: Base) -> None:
    bloom = BloomForCausalLM(BloomConfig(vocab_size=len(tiny.tokenizer), hidden_size=32, n_layer=2, n_head=4))
    with pytest.raises(ModelFault, match=r"cannot compute rows that share a pass.*type training\.engine=reference"):
        Packed(on(tiny, bloom))


# ---- recording, with a made-up GPU: the decision is the CPU's --------------------------------------------------------------


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Bytes before a pass and at its peak."""
    bytes_of = {"before": 0.0, "peak": 0.0}
    monkeypatch.setattr(forward, "_allocated", lambda device: bytes_of["before"])
    monkeypatch.setattr(forward, "allowed_bytes", lambda device: GPU_BYTES)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: bytes_of["peak"])
    return bytes_of


def engine_that_records(tiny: Base, tmp_path: Path) -> Packed:
    engine = Packed(tiny)
    engine._forward.records = True
    engine.start("a", plan_of(tmp_path, epochs=2))
    return engine


@pytest.mark.parametrize(("taken", "records"), [(SHARE_TO_RECORD, True), (SHARE_TO_RECORD + 0.01, False)])
def test_only_what_a_pass_itself_takes_decides_whether_it_is_recorded(
    taken: float, records: bool, gpu: dict[str, float], tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not what trials hold, and not what questions took since."""
    monkeypatch.setattr(forward, "EAGER_PASSES", 1000)
    gpu["before"] = 0.7 * GPU_BYTES
    gpu["peak"] = gpu["before"] + taken * GPU_BYTES
    engine = engine_that_records(tiny, tmp_path)
    engine.advance()
    assert engine._forward.records is records


@pytest.mark.usefixtures("gpu")
def test_a_pass_that_cannot_be_recorded_runs_unrecorded(tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def refuse(*_: Any) -> None:
        tried.append(1)
        raise Unrecordable("operation not permitted when stream is capturing")

    monkeypatch.setattr(forward, "Recorded", refuse)
    monkeypatch.setattr(forward, "EAGER_PASSES", 0)
    engine = engine_that_records(tiny, tmp_path)
    (end,) = engine.advance()
    assert (len(tried), engine._forward.records) == (1, False)
    engine.stop("a")
    engine.close()
    plain = Packed(tiny)
    plain.start("a", plan_of(tmp_path, epochs=2))
    assert plain.advance() == [end]
