"""What a trial is called where people read: its swept values under the last word of their keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def swept(params: Mapping[str, Any]) -> str:
    """`targets=mlp rank=4 learning_rate=0.00132`; drawn numbers in 4 digits, so other keys tell rows apart."""
    return " ".join(f"{key.rpartition('.')[2]}={shown(value)}" for key, value in params.items())


def shown(value: Any) -> str:
    """A value, drawn numbers in 4 digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
