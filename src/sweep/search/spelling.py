"""Values in the words of a Hydra override: how they are written, and which value of a configuration such words mean."""

from __future__ import annotations

import re
from typing import Any


def show(value: str | int | float | bool | None) -> str:
    """A value in the words of a Hydra override."""
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def same(value: Any, got: Any) -> bool:
    """Equal, and both or neither of them true or false: Python's `True == 1` is another matter."""
    return bool(value == got) and isinstance(value, bool) == isinstance(got, bool)


def means(value: Any, got: Any) -> bool:
    """Whether a value of an axis, such as 4 or the words `[q_proj,v_proj]`, is this value of a resolved configuration."""
    return "" in _rests(value, got) if isinstance(value, str) else same(value, got)


def _rests(words: str, got: Any) -> list[str]:
    """What is left of the words once this value was read off their beginning, in each way that it may be written."""
    if isinstance(got, list | tuple):
        rests = [words[1:]] if words.startswith("[") else []
        for at, item in enumerate(got):
            begun = [rest[1:] for rest in rests if rest.startswith(",")] if at else rests
            rests = [left for rest in begun for left in _rests(rest, item)]
        return [rest[1:] for rest in rests if rest.startswith("]")]
    written = [show(got)] if not isinstance(got, str) else [_quoted(got), got] if _stands_bare(got) else [_quoted(got)]
    return [words[len(one) :] for one in written if words.startswith(one) and (one or not words)]  # inside a list, '' is quoted


def _stands_bare(text: str) -> bool:
    """Whether words without quotes may be this text, and are no list, no several values and neither null nor a number."""
    return not set("[]{},'") & set(text) and text not in ("null", "true", "false") and not _is_number(text)


def _is_number(text: str) -> bool:
    for kind in (int, float):
        try:
            if show(kind(text)) == text:
                return True
        except ValueError:  # not of this kind
            continue
    return False


def _quoted(text: str) -> str:
    """A text as Hydra writes it in quotes: before a quote, and at the end, backslashes count double."""
    doubled = re.sub(r"(\\+)(?='|\Z)", r"\1\1", text).replace("'", r"\'")
    return f"'{doubled}'"
