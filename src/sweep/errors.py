"""Faults a user can mend: each says what was got, what was expected and what to type.

The command line prints a Fault as it stands and exits with code 2; anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterable, Sequence


class Fault(Exception):
    """Bad input. Carries every fault that was found, one a line, so that a user mends them all at once."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class ConfigFault(Fault):
    """A configuration key or value that cannot be used."""


class DataFault(Fault):
    """A data file or row that breaks the schema; names file, line and field."""


class ModelFault(Fault):
    """A model, target or quantization that cannot be had."""


class TrackingFault(Fault):
    """MLflow cannot be had, or what it was told it could not take."""


class JudgeFault(Fault):
    """A judge that cannot be asked."""


def exit_code(work: Callable[[], object], interrupted: str = "") -> int:
    """Do the work of a command and return its exit code: 0; 2 for a Fault, which is said; 130 after Ctrl-C.

    `interrupted`: what Ctrl-C leaves, and how to go on from there.
    """
    try:
        work()
    except Fault as fault:
        print(f"sweep: {fault}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nsweep: interrupted{interrupted and '; '}{interrupted}", file=sys.stderr)
        return 130
    return 0


def raise_all(kind: type[Fault], faults: Sequence[str]) -> None:
    """Raise one Fault of this kind with all that was found; do nothing when the list is empty."""
    if faults:
        raise kind(*faults)


def did_you_mean(got: str, valid: Iterable[str]) -> str:
    """`; did you mean X?` with the nearest valid name; when none is near, the list of valid names, if it is short."""
    names = [str(name) for name in valid]
    if (meant := near(got, names)) is not None:
        return f"; did you mean {meant}?"
    return f"; expected one of: {', '.join(names)}" if 0 < len(names) <= 20 else ""


def near(got: str, valid: Iterable[str]) -> str | None:
    """The valid name that was probably meant; None where none is near."""
    return next(iter(difflib.get_close_matches(got, valid, n=1, cutoff=0.5)), None)


class NothingCompleted(Exception):
    """A sweep ended without a completed trial, or because too many failed; what there is to say was said."""
