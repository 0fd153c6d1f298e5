"""A real sweep in a terminal, as a person sees it: what is drawn while it runs, and that no library writes into it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass
from pathlib import Path

import pyte

WORDS = (
    "model=tiny", "training.epochs=3", "data.kinds=[multi]", "evaluation.questions=1", "evaluation.rung_questions=1",
    "evaluation.max_new_tokens=4", "search.constraints=null",
)  # fmt: skip
OURS = r"Base tiny: |Note: |Study |\[arm\] base: |\[\d/|  \d/\d ended"  # beginnings of lines until the table
STEPPED = """
import sys
import threading
from rich.live import Live
from sweep.cli.main import main
from sweep.report import live
from sweep.worker import Worker

live.DRAWN = 50
drawn, frames = threading.Condition(), 0
refresh, advance = Live.refresh, Worker.advance

def refreshing(self):
    global frames
    refresh(self)
    with drawn:
        frames += 1
        drawn.notify_all()

def advancing(self):
    events = advance(self)
    with drawn:
        after = frames + 2  # the next one may have been begun before
        assert drawn.wait_for(lambda: frames >= after, timeout=120), "nothing is drawn"
    return events

Live.refresh, Worker.advance = refreshing, advancing
sys.exit(main())
"""  # python -m sweep, in which each time that the Worker has news they wait until what slots do is drawn, however fast it trains


@dataclass
class Seen:
    """What stood on the screen after each piece that came, and at last, with what has moved off its top."""

    frames: list[list[str]]
    lines: list[str]

    @property
    def told(self) -> list[str]:
        """Lines above the table."""
        end = next(at for at, line in enumerate(self.lines) if line.startswith("Accuracy by level"))
        return self.lines[:end]


def in_terminal(
    folder: Path, words: tuple[str, ...], columns: int, height: int, program: tuple[str, ...] = ("-m", "sweep")
) -> Seen:
    """Run a sweep in a terminal of this size."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", height, columns, 0, 0))
    command = [sys.executable, *program, *WORDS, *words, "-m"]
    env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env={**env, "TERM": "xterm-256color"}
    )
    os.close(theirs)
    screen = pyte.HistoryScreen(columns, height, history=5000)
    stream, frames = pyte.ByteStream(screen), list[list[str]]()
    while piece := _read(ours):
        for part in re.split(rb"(?=\r\x1b\[2K)", piece):  # several frames where we read later than they came: each begins so
            stream.feed(part)
            frames.append([line.rstrip() for line in screen.display])
    os.close(ours)
    assert process.wait(timeout=60) == 0, frames[-1]
    above = ["".join(line[column].data for column in range(columns)).rstrip() for line in screen.history.top]
    return Seen(frames, [*above, *frames[-1]])


def _read(terminal: int) -> bytes:
    """The next piece; empty when nobody has the terminal any more, which Linux tells as EIO."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


def assert_quiet(told: list[str]) -> None:
    foreign = [line for line in told if not re.match(OURS, line)]
    assert foreign == [], "somebody else wrote into the view"


def test_a_narrow_terminal_shows_every_slot_its_epoch_and_loss_and_how_far_the_study_is(tmp_path: Path) -> None:
    words = ("executor.slots=4", "lora.rank=1,2,3,4,5,6", "search.pruner=none")
    seen = in_terminal(tmp_path, words, 60, 20, program=("-c", STEPPED))
    text = ["\n".join(frame) for frame in seen.frames]
    row = r"000[0-3] rank=[1-4] +([1-3]/3) +(\d\.\d{3}) (training|answered \d of \d d)"
    assert any(len(re.findall(row, one)) == 4 for one in text), "four slots are never seen training"
    epochs = {epoch for one in text for epoch, _, _ in re.findall(row, one)}
    assert epochs >= {"1/3", "2/3"}, "nothing moves"
    assert any(re.search(r"0 done · 0 pruned · 0 failed · 4 running · [\d,]+ tokens/s\n- left\n", one) for one in text)
    counts, left = r"[1-5] done · 0 pruned · 0 failed · \d running", r"about (\d+ h )?(\d+ min ?)?(\d+ s )?left"
    assert any(re.search(rf"{counts} · [\d,]+ tokens/s\n{left}\n", one) for one in text)
    best = r"best 000\d macro 0\.\d{3}(?: ·)? L1 \d\.\d\d L2 \d\.\d\d L3 \d\.\d\d L4 \d\.\d\d"
    assert any(re.search(best, one.replace("\n", " ")) for one in text)
    for one in text:
        assert len(re.findall(r"^trials ", one, re.MULTILINE)) <= 1, "a frame was not wiped"
    assert not any(line.startswith(("trials ", "trial ")) for line in seen.lines), "a frame is left behind"
    ended = [line for line in seen.lines if re.match(r"\[[1-6]/6\]", line)]
    assert len(ended) == 6


def test_no_library_writes_into_the_view(tmp_path: Path) -> None:
    """Both engines, a base in full and quantised, MLflow's first database: bars, warnings and logs would show."""
    seen = in_terminal(tmp_path, ("training.engine=packed,reference", "quantization=int8,nf4"), 200, 50)
    assert sum(line.startswith("[") for line in seen.told) == 5, seen.told
    assert_quiet(seen.told)


def test_what_goes_into_a_pipe_is_a_few_plain_lines(tmp_path: Path) -> None:
    words = ("executor.slots=2", "lora.rank=1,2,3,4", "-m")
    command = [sys.executable, "-m", "sweep", *WORDS, *words]
    env = {**os.environ, "FORCE_COLOR": "1", "TERM": "xterm-256color"}  # colours are wanted, and moves are none
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False, env=env)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    said = re.sub(r"\x1b\[[\d;]*m", "", ended.stdout)
    assert "\x1b" not in said
    assert "\r" not in said
    lines = said.splitlines()
    told = lines[: next(at for at, line in enumerate(lines) if line.startswith("Accuracy by level"))]
    assert_quiet(told)
    far = [line for line in told if line.startswith("  ")]
    assert far, "nobody tells how far it is"
    assert re.match(r"  0/4 ended · 0 done · 0 pruned · 0 failed · [012] running · ", far[0])
    assert sum(line.startswith("[") for line in told) == 5
