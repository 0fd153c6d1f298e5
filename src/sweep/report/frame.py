"""How the live view looks: a few lines on the study, then a row a slot, as many as the terminal has room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sweep.report.names import swept
from sweep.report.tally import Counts, Leader
from sweep.trial import WAITS, Progress, State

WORDS = {State.COMPLETE: "done", State.PRUNED: "pruned", State.FAILED: "failed"}
HEADS = ("trial", "epoch", "loss", "now")


@dataclass(frozen=True)
class Frame:
    """One look at a study; a renderable of rich."""

    counts: Counts
    slots: Sequence[Progress]
    titles: Mapping[str, str]  # of trials, by name
    done: float  # how many trials' training
    speed: float | None  # tokens a second, as `tally.Speed` counts them
    left: str  # time
    leader: Leader | None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = [*_filled([*self._counts()[1:], self._speed(), self.left], options.max_width)]
        lines += _filled(self._best(), options.max_width)
        yield self._bar()
        yield from (Text(line, no_wrap=True, overflow="ellipsis") for line in lines)
        if self.slots:
            free = options.size.height - len(lines) - 3  # the bar, the row of heads, and the cursor's
            yield self._rows(max(free, 1))

    def line(self) -> str:
        """The same where there is no terminal to draw on."""
        return " · ".join([*self._counts(), *self._arms(), *self._training(self.slots), self._speed(), self.left, *self._best()])

    def _bar(self) -> Table:
        bar, total = Table.grid(padding=(0, 1, 0, 0), expand=True), self.counts.total
        bar.add_column(no_wrap=True)
        bar.add_column(ratio=1)
        bar.add_column(no_wrap=True)
        bar.add_row("trials", ProgressBar(total=max(total, 1), completed=self.done), f"{self.counts.over}/{total} ended")
        return bar

    def _counts(self) -> list[str]:
        ways = [f"{self.counts.ended.get(state, 0)} {word}" for state, word in WORDS.items()]
        return [f"{self.counts.over}/{self.counts.total} ended", *ways, f"{self.counts.running} running"]

    def _arms(self) -> list[str]:
        """What the arms do that are asked now; those that wait for them are not told."""
        asked = [slot for slot in self.slots if slot.is_arm and slot.doing != WAITS]
        return [f"{self._title(slot)}: {slot.doing}" for slot in asked]

    def _title(self, slot: Progress) -> str:
        """What stands in a slot."""
        title = self.titles.get(slot.name, slot.name)
        return f"arm {title}" if slot.is_arm else title

    def _speed(self) -> str:
        return f"{'-' if self.speed is None else f'{self.speed:,.0f}'} tokens/s"

    def _best(self) -> list[str]:
        if (leader := self.leader) is None:
            return []
        pairs = zip(leader.names, leader.standing.values, strict=True)
        called = "best" if leader.unreached is None else "highest"
        found = [f"{called} {leader.standing.number:04d}", *(f"{name} {value:.3f}" for name, value in pairs)]
        words = [] if leader.unreached is None else [f"{leader.unreached} so far"]
        words += [" ".join(found), " ".join(f"{level} {value:.2f}" for level, value in leader.levels.items())]
        missed = [f"{level} by {lacking:.2f}" for level, lacking in leader.standing.constraints.items() if lacking > 0]
        words += [f"misses {', '.join(missed)}"] if missed else []
        words += [f"one of {leader.front} that none beats in everything"] if leader.front > 1 else []
        return [*words, swept(leader.params)] if leader.params else words

    @staticmethod
    def _training(slots: Sequence[Progress]) -> list[str]:
        """Where these trials are in their training."""
        begun = [slot for slot in slots if slot.steps]
        if not begun:
            return []
        far = sorted(begun, key=lambda slot: slot.share)
        first, last = (f"{slot.epoch}/{slot.epochs}" for slot in (far[0], far[-1]))
        losses = [slot.loss for slot in begun if slot.loss is not None]
        told = [f"loss {_range(f'{min(losses):.3f}', f'{max(losses):.3f}')}"] if losses else []
        return [f"epoch {_range(first, last)}", *told]

    def _rows(self, room: int) -> Table:
        """A row a slot; where they are more than there is room for, the last line tells of the others."""
        table = Table(box=None, expand=True, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
        table.add_column(HEADS[0], ratio=3, no_wrap=True, overflow="ellipsis")
        for head in HEADS[1:3]:
            table.add_column(head, justify="right", no_wrap=True)
        table.add_column(HEADS[3], ratio=2, no_wrap=True, overflow="ellipsis")
        shown = list(self.slots) if len(self.slots) <= room else list(self.slots[: room - 1])
        for slot in shown:
            epoch = "-" if slot.is_arm else f"{slot.epoch}/{slot.epochs}"
            loss = "-" if slot.loss is None else f"{slot.loss:.3f}"
            table.add_row(*(Text(word) for word in (self._title(slot), epoch, loss, slot.doing)))
        if others := self.slots[len(shown) :]:
            table.add_row(Text(f"and {len(others)} more"), "", "", Text("".join(self._training(others)[:1])))
        return table


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def _filled(words: Sequence[str], width: int) -> list[str]:
    """Lines of this many characters, broken between words only; one that is wider has a line of its own."""
    lines: list[str] = []
    for word in words:
        if lines and len(f"{lines[-1]} · {word}") <= width:
            lines[-1] += f" · {word}"
        else:
            lines.append(word)
    return lines
