"""The frozen base and the adapters on it.

This file runs before any library of models is imported: what bitsandbytes would say then has to be heard here or nowhere.
"""

import logging

NO_KERNEL = "Failed to load CPU gemm_4bit_forward"  # on CPUs with AVX512-BF16: a faster product, which `base` switches off anyway


def _not_of_kernels(record: logging.LogRecord) -> bool:
    """Keep every record but the one that tells of a package nobody needs."""
    return not record.getMessage().startswith(NO_KERNEL)


logging.getLogger("bitsandbytes.backends.cpu.ops").addFilter(_not_of_kernels)
