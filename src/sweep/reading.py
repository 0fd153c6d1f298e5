"""Reads a frozen dataclass from plain nested data by its type hints: every fault is told as `key: got X, expected Y`."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from sweep.errors import did_you_mean

MISSING = "???"  # what Hydra leaves where a value must be given


@dataclass(frozen=True)
class Bound:
    """A condition on a number and the words that tell it."""

    words: str
    holds: Callable[[float], bool]


def read_dataclass(cls: type, got: Any, path: str, faults: list[str]) -> Any:
    """An instance of `cls`; None where anything in it is wrong, which is then among `faults`. `path`: its keys' beginning."""
    if not isinstance(got, Mapping):
        faults.append(f"{path.rstrip('.')}: got {_show(got)}, expected a group of keys")
        return None
    hints = get_type_hints(cls, include_extras=True)
    for name in got:
        if name not in hints:
            near = did_you_mean(str(name), hints)
            faults.append(f"{path}{name}: unknown key{near.replace('did you mean ', f'did you mean {path}')}")
    values = {}
    for name, hint in hints.items():
        if name not in got:
            faults.append(f"{path}{name}: missing, expected {_words(hint)}")
        else:
            values[name] = _read_value(hint, got[name], f"{path}{name}", faults)
    return cls(**values) if not faults else None


def _read_value(hint: Any, got: Any, path: str, faults: list[str]) -> Any:
    if dataclasses.is_dataclass(hint):
        return read_dataclass(typing.cast(type, hint), got, f"{path}.", faults)
    if got == MISSING:
        faults.append(f"{path}: missing, expected {_words(hint)}; type {path}=...")
        return None
    accepted, value = _fits(hint, got)
    if not accepted:
        hinted = _literals(hint)
        near = did_you_mean(got, hinted) if isinstance(got, str) and hinted else ""
        near = near if near.startswith("; did you mean") else ""
        faults.append(f"{path}: got {_show(got)}, expected {_words(hint)}{near}")
    return value


def _fits(hint: Any, got: Any) -> tuple[bool, Any]:
    """Whether a plain value is of the hinted type, and the value as that type."""
    origin = get_origin(hint)
    if origin is Annotated:
        inner, bound = get_args(hint)
        accepted, value = _fits(inner, got)
        return accepted and bound.holds(value), value
    if origin in (Union, types.UnionType):
        return next(((True, value) for ok, value in (_fits(inner, got) for inner in get_args(hint)) if ok), (False, None))
    if origin is Literal:
        return any(got is choice or (type(got) is type(choice) and got == choice) for choice in get_args(hint)), got
    if origin is tuple:
        parts = [_fits(get_args(hint)[0], item) for item in got] if isinstance(got, list | tuple) else []
        return isinstance(got, list | tuple) and all(ok for ok, _ in parts), tuple(value for _, value in parts)
    if origin is dict:
        fields = {key: _fits(get_args(hint)[1], item) for key, item in got.items()} if isinstance(got, Mapping) else {}
        return isinstance(got, Mapping) and all(ok for ok, _ in fields.values()), {key: item for key, (_, item) in fields.items()}
    if hint is Any:
        return True, got
    if hint is float:
        number = isinstance(got, int | float) and not isinstance(got, bool) and math.isfinite(got)
        return number, float(got) if number else got
    if hint is type(None):
        return got is None, None
    return type(got) is hint, got


def _literals(hint: Any) -> list[str]:
    if get_origin(hint) is Literal:
        return [str(choice) for choice in get_args(hint)]
    return [name for inner in get_args(hint) for name in _literals(inner)]


_TYPE_PLURALS = {int: "whole numbers", str: "texts"}
_TYPE_WORDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false", type(None): "null"}


def _words(hint: Any) -> str:
    origin = get_origin(hint)
    if origin is Annotated:
        inner, bound = get_args(hint)
        return f"{_words(inner)} {bound.words}"
    if origin in (Union, types.UnionType):
        return " or ".join(_words(inner) for inner in get_args(hint))
    if origin is Literal:
        return " or ".join(_show(choice) for choice in get_args(hint))
    if origin is tuple:
        return f"a list of {_plural(get_args(hint)[0])}"
    if origin is dict and get_origin(get_args(hint)[1]) is dict:
        return "a group of groups of keys"
    return _TYPE_WORDS.get(hint, "a group of keys")


def _plural(hint: Any) -> str:
    origin = get_origin(hint)
    if origin is tuple:
        return f"lists of {_plural(get_args(hint)[0])}"
    if origin in (Union, types.UnionType):
        return " or ".join(_plural(inner) for inner in get_args(hint))
    return "groups of keys" if origin is dict else _TYPE_PLURALS.get(hint) or _words(hint)


def _show(got: Any) -> str:
    return "null" if got is None else str(got).lower() if isinstance(got, bool) else str(got)
