"""How much memory a trial is predicted to take, and how many fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.composed import config
from tests.train.plans import plan_of

from sweep.model.base import Base
from sweep.train import room
from sweep.train.room import free_bytes, slots, trial_bytes


def of(*overrides: str) -> Any:
    return config("model=tiny", *overrides)


def test_state_is_sixteen_bytes_a_parameter_and_the_workspace_has_the_largest_rank(tiny: Base, tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    small, large = of("lora.rank=4", "lora.targets=attention"), of("lora.rank=64", "lora.targets=mlp")
    alone = trial_bytes(tiny.layers, tiny.precision, plan.rows, [small])
    both = trial_bytes(tiny.layers, tiny.precision, plan.rows, [small, large])
    state = 16 * (
        tiny.layers.trainable(tiny.layers.select("mlp"), 64) - tiny.layers.trainable(tiny.layers.select("attention"), 4)
    )
    workspace = 8 * (
        tiny.layers.trainable(tiny.layers.select("all"), 64) - tiny.layers.trainable(tiny.layers.select("attention"), 4)
    )
    assert both - alone == pytest.approx(state + workspace)


def test_activations_grow_with_the_rows_of_a_pass(tiny: Base, tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    four, eight, twelve = (
        trial_bytes(tiny.layers, tiny.precision, plan.rows, [of(f"training.batch_size={n}")]) for n in (4, 8, 12)
    )
    assert eight - four == pytest.approx(twelve - eight)
    assert eight > four


def test_slots_fit_into_what_is_free(tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, one = plan_of(tmp_path), of()
    need = trial_bytes(tiny.layers, tiny.precision, plan.rows, [one])
    most = room.MOST_ON_GPU if tiny.device.startswith("cuda") else room.MOST_ON_CPU
    for free, expected in ((0.0, 1), (2.5, 2), (3.9, 3), (1e9, most)):
        monkeypatch.setattr(room, "free_bytes", lambda device, free=free: free * need / room.SHARE)
        assert slots(tiny, plan, [one], None) == expected
    assert slots(tiny, plan, [one], 2) == 2


def test_free_memory_of_this_machine_is_read(tmp_path: Path) -> None:
    table = tmp_path / "meminfo"
    table.write_text("MemTotal:       24000000 kB\nMemAvailable:    1000 kB\n")
    assert free_bytes("cpu", table) == 1_024_000
    assert free_bytes("cpu", tmp_path / "nothing") == float("inf")
    assert free_bytes("cpu") > 0
