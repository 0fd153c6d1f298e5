"""A value of a parsed override, or of YAML, as an axis keeps it: what can be typed again and is then read as the same value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.errors import HydraException

from sweep.search.space import Value
from sweep.search.spelling import show


def value(typed: Any) -> Value:
    """Numbers, booleans and null as themselves; everything else in the words of an override."""
    return typed if typed is None or isinstance(typed, bool | int | float) else _text(typed)


def _text(typed: Any, inside: bool = False) -> str:
    """A value in the words of an override. A text stands bare where Hydra reads that back as the same text, else in quotes."""
    if isinstance(typed, list | tuple):
        return f"[{','.join(_text(one, inside=True) for one in typed)}]"
    if isinstance(typed, Mapping):
        return f"{{{','.join(f'{name}:{_text(one, inside=True)}' for name, one in typed.items())}}}"
    if isinstance(typed, QuotedString):
        return _text(typed.text, inside)
    if not isinstance(typed, str):
        return show(typed)
    return typed if _reads_back(typed, inside) else QuotedString(text=typed, quote=Quote.single).with_quotes()


def _reads_back(text: str, inside: bool) -> bool:
    """Whether the bare text, alone or inside a list, is read as this text: not `4`, `null`, `a,b` or ` a`."""
    try:
        override = OverridesParser.create().parse_override(f"key=[{text}]" if inside else f"key={text}")
    except HydraException:
        return False
    if override.is_sweep_override():
        return False
    got = override.value()
    return bool(got == ([text] if inside else text)) and not isinstance(got, QuotedString)
