"""What a sweep survives, as real processes on the tiny model: kill -9, Ctrl-C, a full disk, another controller."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.sweeping import TRIALS, WORDS, assert_whole, begin, end, results, tracked_runs, wait_for

pytestmark = pytest.mark.system


def fill(file: Path) -> None:
    """Write until the disk is full."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(handle, b"\0" * 4096):
            pass
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
    finally:
        os.close(handle)


def test_kill_9_at_twenty_moments(tmp_path: Path) -> None:
    draw = random.Random(20261123)
    for _ in range(20):
        process = begin(tmp_path, *WORDS)
        try:
            process.wait(timeout=draw.uniform(4, 16))
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
    code, said = end(begin(tmp_path, *WORDS))
    assert code == 0, said
    (study,) = (tmp_path / "multirun").iterdir()
    assert_whole(tmp_path, study)


def test_kill_9_between_seeds_and_while_finalists_are_confirmed(tmp_path: Path) -> None:
    """At each of these words once: some seeds have ended then, or finalists, or some of test was read."""
    seeds = ("search.seeds=[0,1]", "search.confirm.top=1", "search.confirm.seeds=2", "search.constraints=null")
    words = (*(word for word in WORDS if not word.startswith(("seed=", "lora.rank="))), "lora.rank=2,4", *seeds)
    for said in ("epoch 1/3", "[seed] 0000", "[1/2]", "[seed] 0001", "[seed] confirm", "[arm] confirm/base"):
        process = begin(tmp_path, *words)
        wait_for(process, said)
        process.kill()
        process.communicate()
    code, told = end(begin(tmp_path, *words))
    assert code == 0, told
    (study,) = (tmp_path / "multirun").iterdir()
    found = results(study)
    assert [(one["number"], one["state"], one["seeds"]) for one in found] == [(0, "COMPLETE", [0, 1]), (1, "COMPLETE", [0, 1])]
    parts = sorted(study.glob("[0-9]*/s*")) + sorted(study.glob("confirm/0*/s*"))
    assert len(parts) == 6
    for part in parts:
        rows = [json.loads(line) for line in (part / "metrics.jsonl").read_text().splitlines()]
        losses = [row["step"] for row in rows if "train/loss" in row]
        assert losses == list(range(1, len(losses) + 1)), f"steps of {part}: {losses}"
        assert json.loads((part / "seed.json").read_text())["train"]["steps"] == len(losses)
        assert not (part / "ckpt").exists()
    runs = tracked_runs(tmp_path, study)
    kinds = {"study": 1, "trial": 2, "seed": 6, "confirm": 1, "arm": 4}
    assert Counter(run.data.tags["sweep.kind"] for run in runs) == kinds
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_ctrl_c_once_finishes_what_runs_and_twice_stops_at_once(tmp_path: Path) -> None:
    process = begin(tmp_path, *WORDS)
    wait_for(process, "epoch 1/3")
    process.send_signal(signal.SIGINT)
    code, said = end(process)
    assert code == 130, said
    assert "are finished first" in said
    (study,) = (tmp_path / "multirun").iterdir()
    first = results(study)
    assert 1 <= len(first) < TRIALS
    assert {result["state"] for result in first} == {"COMPLETE"}
    assert "dev" in said, "no report at the end"

    process = begin(tmp_path, *WORDS)
    wait_for(process, "epoch 1/3")
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    code, said = end(process)
    assert code == 130, said
    assert "the same command goes on from there" in said
    code, said = end(begin(tmp_path, *WORDS))
    assert code == 0, said
    assert_whole(tmp_path, study)


def test_a_second_controller_is_refused(tmp_path: Path) -> None:
    long = ("training.epochs=60" if word.startswith("training.epochs") else word for word in WORDS)
    words = tuple(long)
    first = begin(tmp_path, *words)
    wait_for(first, "epoch 1/60")
    code, said = end(begin(tmp_path, *words))
    assert code == 2, said
    assert "another process runs this study" in said
    code, said = end(first)
    assert code == 0, said
    assert_whole(tmp_path, next((tmp_path / "multirun").iterdir()))


def test_a_full_disk_ends_the_sweep_and_the_next_run_makes_it_whole(tmp_path: Path) -> None:
    """A small file system that fills up in the middle: whatever fails, nothing is recorded twice or half."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], check=True)
    try:
        process = begin(disk, *WORDS)
        wait_for(process, "epoch 1/3")
        filled = disk / "filler"
        fill(filled)
        code, said = end(process)
        assert code != 0 or "failed" in said, said
        filled.unlink()
        time.sleep(0.1)
        for _ in range(2):
            code, said = end(begin(disk, *WORDS))
        assert code == 0, said
        (study,) = (disk / "multirun").iterdir()
        complete = [result for result in results(study) if result["state"] == "COMPLETE"]
        assert len({result["trial_key"] for result in complete}) == len(complete) == TRIALS
        assert len({result["number"] for result in results(study)}) == len(results(study))
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_tracking_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    """A user without a superuser's rights over files."""
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "mlruns").chmod(0o555)
    rights = "-dac_override,-dac_read_search"
    command = ["setpriv", "--bounding-set", rights, "--inh-caps", rights, sys.executable, "-m", "sweep", *WORDS]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "is not tracked any further" in ended.stdout + ended.stderr
    assert not list((tmp_path / "mlruns").iterdir())
    (study,) = (tmp_path / "multirun").iterdir()
    assert [result["state"] for result in results(study)] == ["COMPLETE"] * TRIALS
