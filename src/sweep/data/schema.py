"""Reads one JSON object into one frozen dataclass and names every fault, so that a user mends a file in one go.

A field says what it accepts in its own annotation, `level: Annotated[int, whole(1, 5)]`; one with a default is optional.
Knows neither files nor companies: `sweep.data.records` holds the records.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

from sweep.errors import did_you_mean

Record = TypeVar("Record")


@dataclass(frozen=True)
class Rule:
    """What one field accepts. `read` returns the value as the record keeps it, or raises ValueError."""

    expected: str  # completes "expected ..." in a message
    read: Callable[[Any], Any]


def _text(got: Any) -> str:
    if not isinstance(got, str) or not got.strip():
        raise ValueError
    return got


def _any_text(got: Any) -> str:
    if not isinstance(got, str):
        raise ValueError
    return got


def _texts(got: Any) -> tuple[str, ...]:
    if not isinstance(got, list):
        raise ValueError
    return tuple(_text(part) for part in got)


def _groups(got: Any) -> tuple[tuple[str, ...], ...]:
    if not isinstance(got, list) or not got:
        raise ValueError
    groups = tuple(_texts(group) for group in got)
    if not all(groups):
        raise ValueError
    return groups


TEXT = Rule("a text that is not empty", _text)
ANY_TEXT = Rule("a text", _any_text)
TEXTS = Rule("a list of texts", _texts)
GROUPS = Rule('a list of alias lists, such as [["Mara Ellison", "Ellison"]]', _groups)


def whole(low: int, high: int | None = None) -> Rule:
    """A whole number from low to high, both included; without high, low or more."""

    def read(got: Any) -> int:
        if not isinstance(got, int) or isinstance(got, bool) or got < low or (high is not None and got > high):
            raise ValueError
        return got

    return Rule(f"{low}–{high}" if high is not None else f"a whole number of {low} or more", read)


def one_of(*words: str) -> Rule:
    """One of a few words."""

    def read(got: Any) -> str:
        if not isinstance(got, str) or got not in words:
            raise ValueError
        return got

    return Rule(f"one of {', '.join(words)}", read)


def nested(record: type[Any], *, optional: bool = False) -> Rule:
    """An object with the fields of another record; with `optional`, null as well."""
    names = ", ".join(field.name for field in fields(record) if field.default is MISSING)

    def read(got: Any) -> Any:
        if optional and got is None:
            return None
        if not isinstance(got, dict):
            raise ValueError
        found, faults = read_record(record, got)
        if found is None:
            raise ValueError("; ".join(faults))
        return found

    return Rule(f"an object with {names}" + (" or null" if optional else ""), read)


def _rules(record: type[Any]) -> dict[str, Rule]:
    hints = get_type_hints(record, include_extras=True)
    return {field.name: rule for field in fields(record) for rule in get_args(hints[field.name])[1:] if isinstance(rule, Rule)}


# The rule of every field that a file may hold; fields without one (such as `line`) are ours. Cached: hints take a millisecond.
rules: Callable[[Any], dict[str, Rule]] = cache(_rules)


def read_record(record: type[Record], row: dict[str, Any], **ours: Any) -> tuple[Record | None, list[str]]:
    """The record, or None and every fault of its fields (`level: got 6, expected 1–5`). `ours` fills fields without a rule."""
    known = rules(record)
    faults = [f"{name}: unknown field{did_you_mean(name, known)}" for name in row if name not in known]
    required = {f.name for f in fields(record) if f.default is MISSING and f.default_factory is MISSING}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for name, rule in known.items():
        if name not in row:
            if name in required:
                faults.append(f"{name}: missing, expected {rule.expected}")
            continue
        try:
            values[name] = rule.read(row[name])
        except ValueError as inner:
            detail = f" ({inner})" if str(inner) else ""
            faults.append(f"{name}: got {shown(row[name])}, expected {rule.expected}{detail}")
    return (None, faults) if faults else (record(**values, **ours), [])


def row_of(record: Any) -> dict[str, Any]:
    """The record as a row of its file: `read_record` backwards. Optional fields that are null or empty are left out."""
    known = {field.name: field for field in fields(record) if field.name in rules(type(record))}
    row = {name: getattr(record, name) for name in known}
    kept = {name: value for name, value in row.items() if value != known[name].default or value not in (None, (), "")}
    return {name: row_of(value) if is_dataclass(value) else value for name, value in kept.items()}


def read_line(line: str) -> tuple[dict[str, Any], str]:
    """One line of JSONL as an object, or an empty object and what is wrong with it."""
    try:
        row = json.loads(line)
    except json.JSONDecodeError as fault:
        return {}, f"invalid JSON: {fault.msg} at column {fault.colno}, expected one JSON object a line"
    if not isinstance(row, dict):
        return {}, f"got {shown(row)}, expected one JSON object a line"
    return row, ""


def shown(got: Any, limit: int = 60) -> str:
    """A value as its file spells it, cut to a length that a terminal can hold."""
    text = json.dumps(got, ensure_ascii=False)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def repeated(names: Sequence[str]) -> dict[str, list[int]]:
    """Every name that stands more than once, with all its positions."""
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    return {name: found for name, found in places.items() if len(found) > 1}
