"""What loading prints and nobody can use: bars that break the sweep's own, a cast warning of every int8 layer at every step."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from transformers.utils import logging as transformers_logging

CASTING = "MatMul8bitLt: inputs will be cast"  # LLM.int8 computes in fp16 whatever comes in; Base.describe() says int8


def _not_casting(record: logging.LogRecord) -> bool:
    """Keep every record but the cast warning."""
    return not record.getMessage().startswith(CASTING)


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars of transformers inside; the user's setting is back afterwards. The cast warning stays away for good."""
    logging.getLogger("bitsandbytes.autograd._functions").addFilter(_not_casting)
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()
