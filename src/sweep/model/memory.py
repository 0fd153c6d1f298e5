"""Memory of a device: how much this process may take, and whether an error says that it ran out."""

from __future__ import annotations

import torch

# CUDA's libraries have words of their own for it.
WORDS = ("out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED", "CUSOLVER_STATUS_ALLOC_FAILED")


def allowed_bytes(device: str) -> float:
    """Of a GPU, in all."""
    return torch.cuda.get_device_properties(device).total_memory * torch.cuda.get_per_process_memory_fraction(device)


def ran_out(error: BaseException) -> bool:
    """A GPU had no memory for what was asked of it."""
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in WORDS)
