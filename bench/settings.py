"""What one run measures, and what a measurement is. Read by the page without torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Settings:
    """The command line of `bench/packed.py`, which explains each."""

    model: str
    quantization: str
    parts: tuple[str, ...]
    rows: tuple[str, ...]
    slots: tuple[int, ...]
    repeats: int
    steps: int
    warmup: int | None
    compile: bool
    questions: int
    asked: int
    tokens: int
    cap_gb: float | None
    sweep_repeats: int
    trials: int
    sweep_args: tuple[str, ...]
    folder: Path | None
    commit: str | None


@dataclass
class Measurement:
    """One thing timed several times. Lists hold one entry a window; everything counts all trials of the pack together."""

    what: str  # trl_load | trl_step | solo_eager | solo | packed | answers_one | answers | sweep | sweep_trl
    rows: str = ""  # equal | real | mixed
    k: int = 1  # trials at once
    seconds: list[float] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)  # trained or generated; padding is not counted
    trial_steps: int = 0  # optimizer steps of all trials, in one window
    answers: int = 0  # in one window
    share: list[float] = field(default_factory=list)  # of the machine's measured rate of matrix products
    peak_bytes: int = 0  # CUDA: most memory allocated; CPU: most resident memory of the process
    notes: list[str] = field(default_factory=list)  # what to know: memory that ran out, what is left out
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def fits(self) -> bool:
        """It could be measured at all."""
        return bool(self.seconds)

    @property
    def typical(self) -> float:
        """Median seconds of a window."""
        return median(self.seconds)

    @property
    def per_step(self) -> float:
        """Seconds for one optimizer step of one trial, where K run at once."""
        return self.typical / self.trial_steps

    @property
    def token_rate(self) -> float:
        """Median of tokens a second, of all trials together."""
        return median(tokens / seconds for tokens, seconds in zip(self.tokens, self.seconds, strict=True))

    @property
    def answer_rate(self) -> float:
        """Answers a second, of all trials together."""
        return self.answers / self.typical


@dataclass
class Run:
    """Everything one run found out."""

    about: dict[str, Any]
    measurements: list[Measurement] = field(default_factory=list)

    def find(self, what: str, rows: str = "", k: int | None = None) -> Measurement | None:
        """The measurement of that name, if it was made and fitted into memory."""
        wanted = (one for one in self.measurements if one.what == what and one.rows == rows and (k is None or one.k == k))
        return next((one for one in wanted if one.fits), None)

    def write(self, file: Path) -> None:
        """JSON; whole after every part, so that a run that is cut off keeps what it has."""
        file.parent.mkdir(parents=True, exist_ok=True)
        told = [asdict(one) | ({"median": one.typical} if one.fits else {}) for one in self.measurements]
        file.write_text(json.dumps({"about": self.about, "measurements": told}, indent=1) + "\n", encoding="utf-8")


def read(file: Path) -> Run:
    """What `Run.write` wrote."""
    body = json.loads(file.read_text(encoding="utf-8"))
    found = [{name: value for name, value in one.items() if name != "median"} for one in body["measurements"]]
    return Run(body["about"], [Measurement(**one) for one in found])
