"""Memory of a device: how much this process may take, how much it took, and whether an error says that it ran out."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

import torch

# CUDA's libraries have words of their own for it.
WORDS = ("out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED", "CUSOLVER_STATUS_ALLOC_FAILED")

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")  # of Linux


def allowed_bytes(device: str) -> float:
    """Of a GPU, in all."""
    return torch.cuda.get_device_properties(device).total_memory * torch.cuda.get_per_process_memory_fraction(device)


def ran_out(error: BaseException) -> bool:
    """A GPU had no memory for what was asked of it."""
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in WORDS)


def forget_peak(device: str) -> None:
    """Begin a new measurement of memory."""
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    elif CLEAR.exists():
        with suppress(OSError):  # a container may forbid it; the peak is then that since the process began
            CLEAR.write_text("5")


def peak(device: str) -> int:
    """Bytes at most since `forget_peak`: of CUDA what tensors took, on a CPU of the whole process. Where the system cannot
    forget, since the process began."""
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated()
    lines = STATUS.read_text().splitlines() if STATUS.exists() else []
    found = next((line for line in lines if line.startswith("VmHWM:")), None)
    return int(found.split()[1]) * 1024 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
