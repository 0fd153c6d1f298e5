"""Who may grade answers a second time (`evaluation.judge`): what its keys may say, read from what a user typed."""

from __future__ import annotations

import re

from sweep.address import masked

JUDGE = "evaluation.judge"
SERVER = re.compile(r"https?://[^\s/@?#]+(/[^\s@?#]*)?")  # without user, password and query: it is written down


def faults(url: str | None, model: str | None) -> list[str]:
    """What is wrong with the server and the model's name there; nothing where nobody is asked."""
    if url is None:
        return []
    expected = f"expected the model's name at {JUDGE}.url; type {JUDGE}.model=NAME, for sweep.judge --model NAME"
    found = [] if model else [f"{JUDGE}.model: got {model or 'null'}, {expected}"]
    if not SERVER.fullmatch(url):
        got, key = masked(url), f"the key in the environment variable that {JUDGE}.key_env names"
        found.append(f"{JUDGE}.url: got {got}, expected http(s)://host/v1 without user, password and query; {key}")
    return found
