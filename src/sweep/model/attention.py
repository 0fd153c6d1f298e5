"""Which of PyTorch's attention kernels are used."""

from __future__ import annotations

from contextlib import AbstractContextManager

from torch.nn.attention import SDPBackend, sdpa_kernel

KERNELS = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]


def kernels() -> AbstractContextManager[None]:
    """Within it, all but cuDNN's, which makes a plan for every new shape: 60 ms each on an H100, and every length is a shape."""
    return sdpa_kernel(KERNELS)
