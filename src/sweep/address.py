"""Addresses of databases and servers as they may be shown and written down: without their passwords."""

from __future__ import annotations

import re

IN_FRONT = re.compile(r"(://[^\s:/@]*:)(?!\*\*\*@).*@")  # to the last @ of the line: a password may hold one by mistake
IN_QUERY = re.compile(r"((?:password|passwd|pwd)=)[^&\s'\"]*", re.IGNORECASE)


def masked(text: str) -> str:
    """A text whose addresses keep their passwords to themselves: `postgresql://me:***@host/db`, `...?user=me&password=***`.

    Rather too much than too little: of several addresses in one line, what stands between the first and the last may go too.
    What is masked already stays.
    """
    return IN_QUERY.sub(r"\1***", IN_FRONT.sub(r"\1***@", text))
