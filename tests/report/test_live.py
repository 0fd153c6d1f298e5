"""What a person sees while a study runs, drawn by rich's own Console, and the plain lines where there is no terminal."""

from __future__ import annotations

import io
import itertools
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import pyte
import pytest
from rich.console import Console
from tests.composed import config
from tests.report.studies import Written, questions

from sweep.report import live
from sweep.report.live import View
from sweep.trial import Done, Failed, Outcome, Progress, Recalled, Rung, Snapshot, State, Trial

BASE = config("model=tiny", "training.epochs=8", "search.constraints=null")
LEVELS: dict[str, dict[str, Any]] = {
    f"L{level}": {"accuracy": level / 10, "strict": level / 10, "key_recall": 1.0} for level in range(1, 6)
}


def trial(number: int, **more: Any) -> Trial:
    params = {"lora.rank": 2**number, "lora.targets": "attention", "training.learning_rate": 0.00021}
    return Trial(BASE, Path(f"{number:04d}"), "key", "key", number=number, params=params, **more)


def done(number: int, state: State = State.COMPLETE) -> Done:
    return Done(trial(number), Outcome(state, 0.35, LEVELS, {}, {"seconds": 60.0, "wall_seconds": 90.0}))


def rung(number: int, epoch: int) -> Rung:
    return Rung(trial(number), epoch, 8, ((epoch, 1.5), (epoch + 1, 0.5)), ())


def snapshot(slots: int, tokens: float = 0.0) -> Snapshot:
    return Snapshot(tuple(Progress(f"{at:04d}", "training", 8, 10 + at, 80, 1 + at / 100) for at in range(slots)), tokens)


class Screen(io.StringIO):
    """What is written to a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Console:
    """A terminal of 60 columns and 24 lines, without colours."""
    console = live.Serial(
        force_terminal=True, width=60, height=24, file=Screen(), soft_wrap=True, markup=False, highlight=False,
        color_system=None, _environ={"TERM": "xterm"},
    )  # fmt: skip
    monkeypatch.setattr(live, "console", console)
    return console


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Console:
    """A pipe."""
    console = Console(file=io.StringIO(), width=120, soft_wrap=True, markup=False, highlight=False)
    monkeypatch.setattr(live, "console", console)
    return console


def said(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def study(root: Path) -> Path:
    """The record of a study that has just begun."""
    Written(root, questions(2), words=("search.constraints=null",))
    return root


def view(root: Path, trials: int = 3, slots: int = 0, tokens: float = 0.0) -> View:
    found = View(study(root), None, [], trials=trials, arms=0)
    found.watch([lambda: snapshot(slots, tokens)])
    return found


def frame(console: Console, found: View) -> list[str]:
    """Lines of what is drawn now."""
    with console.capture() as captured:
        console.print(found.frame())
    return captured.get().splitlines()


def test_a_frame_tells_every_figure(drawn: Console, tmp_path: Path) -> None:
    found = view(tmp_path / "s", trials=6, slots=2, tokens=1e6)
    for number in range(5):
        found.opened(trial(number))
    found.heard(rung(2, 8))
    found.heard(done(2))
    found.heard(rung(3, 2))
    found.heard(done(3, State.PRUNED))
    found.heard(Failed(trial(4), Outcome(State.FAILED, None, {}, {}, {}, error="it broke")))
    bar, *lines = frame(drawn, found)
    assert re.fullmatch(r"trials ━+╸? +3/6 ended", bar)
    counts, speed = lines[0], lines[1]
    assert counts == "1 done · 1 pruned · 1 failed · 2 running"
    assert re.fullmatch(r"[\d,]+ tokens/s · about \d+ min \d\d s left", speed)
    assert lines[2] == "best 0002 macro 0.350"
    assert lines[3] == "L1 0.10 L2 0.20 L3 0.30 L4 0.40 L5 0.50"
    assert lines[4] == "rank=4 targets=attention learning_rate=0.00021"
    assert lines[5].split() == ["trial", "epoch", "loss", "now"]
    assert [line.rstrip() for line in lines[6:]] == [
        "0000 rank=1 targets=attenti…   1/8 1.000 training",
        "0001 rank=2 targets=attenti…   2/8 1.010 training",
    ]


def test_nothing_is_made_up_before_anything_is_known(drawn: Console, tmp_path: Path) -> None:
    found = View(study(tmp_path / "s"), None, [], trials=3, arms=1)
    _, counts, *more = frame(drawn, found)
    assert [counts, *more] == ["0 done · 0 pruned · 0 failed · 0 running · - tokens/s", "- left"]
    found.watch([lambda: Snapshot((Progress("base", "answered 3 of 20 dev questions"),), 0.0)])
    assert frame(drawn, found)[-1].split() == ["arm", "base", "-", "-", "answered", "3", "of", "20", "d…"]


@pytest.mark.parametrize(("width", "height"), [(60, 24), (60, 10), (200, 50), (40, 9)])
def test_many_slots_fit_on_any_terminal(drawn: Console, tmp_path: Path, width: int, height: int) -> None:
    drawn.width, drawn.height = width, height
    found = view(tmp_path / "s", trials=64, slots=32)
    for number in range(32):
        found.opened(trial(number))
    lines = frame(drawn, found)
    assert max(map(len, lines)) <= width
    assert len(lines) < height
    rows = [line for line in lines if re.match(r"\d{4} ", line)]
    if height >= 50:
        assert len(rows) == 32
    else:
        assert f"and {32 - len(rows)} more" in lines[-1]


def test_the_view_is_drawn_again_by_itself_and_is_gone_at_the_end(
    drawn: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "DRAWN", 20)
    with view(tmp_path / "s", slots=2, tokens=5.0) as found:
        found.opened(trial(0))
        deadline = time.monotonic() + 20
        while said(drawn).count("0000 rank=1") < 3:
            assert time.monotonic() < deadline, "nothing is drawn"
            time.sleep(0.01)
        found.heard(rung(0, 8))
        found.heard(done(0))
    text = said(drawn)
    assert "[1/3] 0000 rank=1 targets=attention learning_rate=0.00021: dev L1 0.10" in text
    assert text.endswith("\x1b[2K"), "the last frame is wiped"


def test_what_a_library_writes_leaves_no_frame_behind(drawn: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes from a thread that knows nothing of the view, while frames grow and shrink."""
    monkeypatch.setattr(live, "DRAWN", 2000)
    heights = itertools.cycle((0, 4, 1, 6))
    with view(tmp_path / "s") as found:
        found.watch([lambda: snapshot(next(heights))])
        for number in range(400):
            print(f"library {number}", file=sys.stderr)
    screen = pyte.HistoryScreen(60, 24, history=5000)
    pyte.Stream(screen).feed(said(drawn).replace("\n", "\r\n"))
    above = ["".join(line[column].data for column in range(60)) for line in screen.history.top]
    lines = [line.rstrip() for line in (*above, *screen.display)]
    assert [line for line in lines if line.startswith("library")] == [f"library {number}" for number in range(400)]
    assert not [line for line in lines if line.startswith("trials ")]


def test_without_a_terminal_a_line_tells_of_the_first_rung_then_one_a_minute(
    plain: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with view(tmp_path / "s", slots=2) as found:
        for number in range(2):
            found.opened(trial(number))
        begun = len(said(plain).splitlines())
        for epoch in range(1, 8):
            found.heard(rung(0, epoch))
        told = (
            "0/3 ended · 0 done · 0 pruned · 0 failed · 2 running · epoch 1/8 to 2/8 · loss 1.000 to 1.010 · - tokens/s · - left"
        )
        assert said(plain).splitlines()[begun:] == [f"  {told}"]
        monkeypatch.setattr(live, "TOLD", 0.05)
        deadline = time.monotonic() + 20
        while len(said(plain).splitlines()) < begun + 3:
            assert time.monotonic() < deadline, "nothing is told while an epoch takes long"
            time.sleep(0.05)
        monkeypatch.setattr(live, "TOLD", 1e9)
        found.heard(done(0))
    assert said(plain).splitlines()[-1].startswith("[1/3] 0000 rank=1 targets=attention learning_rate=0.00021: dev L1 0.10")
    assert "\x1b" not in said(plain)


def test_an_arm_that_is_asked_is_told_of_with_and_without_a_terminal(drawn: Console, tmp_path: Path) -> None:
    found = View(study(tmp_path / "s"), None, [], trials=3, arms=2)
    base, retrieval = (
        Trial(BASE, Path(name), "key", "key", arm=name, params=params)
        for name, params in (("base", {}), ("bm25_qa", {"evaluation.retrieval.k": 3}))
    )
    found.opened(base)
    found.opened(retrieval)
    slots: tuple[Progress, ...] = (Progress("base", "loading"), Progress("bm25_qa", "waiting"))
    found.watch([lambda: Snapshot(slots, 0.0)])
    assert [line.split()[:2] for line in frame(drawn, found)[-2:]] == [["arm", "base"], ["arm", "bm25_qa"]]
    counts = "0/3 ended · 0 done · 0 pruned · 0 failed · 0 running"
    assert found.frame().line() == f"{counts} · arm base: loading · - tokens/s · - left"
    slots = (Progress("bm25_qa", "answered 3 of 20 dev questions"),)
    assert found.frame().line() == f"{counts} · arm bm25_qa k=3: answered 3 of 20 dev questions · - tokens/s · - left"


def test_a_terminal_that_cannot_move_its_cursor_gets_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_lines(Console(file=Screen(), soft_wrap=True, color_system=None, _environ={"TERM": "dumb"}), tmp_path, monkeypatch)


def test_a_pipe_that_is_to_have_colours_gets_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rich takes it for a terminal."""
    console = Console(file=io.StringIO(), soft_wrap=True, highlight=False, _environ={"TERM": "xterm", "FORCE_COLOR": "1"})
    assert console.is_terminal
    assert_lines(console, tmp_path, monkeypatch)


def assert_lines(console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This console gets lines, and nothing that moves a cursor."""
    monkeypatch.setattr(live, "console", console)
    with view(tmp_path / "s", slots=1) as found:
        found.opened(trial(0))
        found.heard(rung(0, 1))
    assert said(console).splitlines()[-1].startswith("  0/3 ended")
    assert "\x1b" not in said(console)


def test_what_is_told_to_nobody_else_is_counted(drawn: Console, tmp_path: Path) -> None:
    """A proposal that makes no configuration, and a seed that an earlier process recorded."""
    found = View(study(tmp_path / "s"), None, [], trials=2, arms=0)
    before = said(drawn)
    whole = trial(1, parts=(trial(1, seed=0), trial(1, seed=1)))
    found.refused(0)
    found.opened(whole)
    found.heard(Recalled(whole.parts[0], done(1).outcome))
    assert said(drawn) == before, "told by others"
    assert found.frame().done == 1.5
    bar, counts, *_ = frame(drawn, found)
    assert bar.endswith("1/2 ended")
    assert counts.startswith("0 done · 0 pruned · 1 failed · 1 running")


def test_while_no_trial_reaches_the_constraints_none_is_called_best(drawn: Console, tmp_path: Path) -> None:
    written = Written(tmp_path / "s", questions(4), words=("search.constraints={L1: 0.9}",))
    written.trial(0, {"lora.rank": 2}, 0.0)
    missed = "No trial reaches L1 >= 0.9 (strict accuracy on dev) so far"
    lines = frame(drawn, View(tmp_path / "s", None, [], trials=1, arms=0))
    assert missed in lines
    assert "highest 0000 macro 0.000 · L1 0.00" in " · ".join(lines)
    assert "misses L1 by 0.90" in " · ".join(lines)
    written.trial(1, {"lora.rank": 4}, 1.0)
    lines = frame(drawn, View(tmp_path / "s", None, [], trials=1, arms=0))
    assert missed not in lines
    assert any(line.startswith("best 0001 macro 1.000") for line in lines)


def test_who_led_when_an_earlier_process_ended_still_leads(drawn: Console, tmp_path: Path) -> None:
    written = Written(tmp_path / "s", questions(4))
    for number, chance in enumerate((0.0, 1.0)):
        written.trial(number, {"lora.rank": number}, chance)
    record = json.loads((tmp_path / "s/study.json").read_text())
    assert record["config"]["search"]["objective"] == "macro"
    lines = frame(drawn, View(tmp_path / "s", None, [], trials=1, arms=0))
    assert "best 0001 macro 1.000 · L1 1.00 L2 1.00 L3 1.00 L4 1.00 L5 1.00" in " · ".join(lines)
    assert lines[-1].endswith(" · rank=1")


def test_what_a_command_does_now_is_one_line_on_a_terminal_and_lines_apart_in_a_pipe(
    plain: Console, drawn: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fixture named last is the console that counts."""
    with live.doing() as now:
        now("loading")
        now("answered 1 of 2")
        deadline = time.monotonic() + 20
        while "answered 1 of 2" not in said(drawn):
            assert time.monotonic() < deadline, "nothing is drawn"
            time.sleep(0.05)
    assert "\x1b" in said(drawn)
    monkeypatch.setattr(live, "console", plain)
    with live.doing() as now:
        now("loading")
        now("answered 1 of 3")
        monkeypatch.setattr(live, "TOLD", 0)
        now("answered 2 of 3")
    assert said(plain) == "loading\nanswered 2 of 3\n"
