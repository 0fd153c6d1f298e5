"""What loading prints and nobody can use: bars that break the sweep's own or fill a log file, a cast warning of every int8 layer
at every step, a warning that nothing was cleaned up."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from transformers import modeling_gguf_pytorch_utils as gguf_reader
from transformers.utils import logging as transformers_logging

# logger -> how the warnings of it begin that stay away for good
NEEDLESS = {
    # LLM.int8 computes in fp16 whatever comes in; Base.describe() says int8
    "bitsandbytes.autograd._functions": "MatMul8bitLt: inputs will be cast",
    # a vendor's setting that transformers rightly does not heed: the text is what the tokens say, which is what we score
    "transformers.tokenization_utils_tokenizers": "Ignoring clean_up_tokenization_spaces=True for BPE tokenizer",
}


def _needed(record: logging.LogRecord) -> bool:
    """Keep every record but these."""
    return not record.getMessage().startswith(NEEDLESS[record.name])


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars of transformers inside; the user's setting is back afterwards. Needless warnings stay away for good."""
    for name in NEEDLESS:
        logging.getLogger(name).addFilter(_needed)
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()


@contextmanager
def terminal_only() -> Iterator[None]:
    """The bar of the reader of GGUF, which heeds no setting of transformers, is drawn on a terminal and nowhere else inside."""
    shown = gguf_reader.tqdm
    gguf_reader.tqdm = functools.partial(shown, disable=None)  # tqdm's word for that
    try:
        yield
    finally:
        gguf_reader.tqdm = shown
