"""Work recorded as a CUDA graph: thousands of small kernels are launched by one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch

from sweep.model.memory import ran_out

Result = TypeVar("Result")


class Unrecordable(RuntimeError):
    """The work waits for the device, or does something else that no graph can hold. Nothing of it was computed."""


def record(work: Callable[[], Result], pool: Any = None) -> tuple[torch.cuda.CUDAGraph, Result]:
    """The graph of `work`, not yet run, and what `work` returned: tensors that each replay writes.

    `pool`: memory shared with other graphs, of which only one runs at a time.
    Raises: Unrecordable; where memory runs out, what CUDA raises.
    """
    current, graph = torch.cuda.current_stream(), torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph, pool=pool):
            result = work()
    except RuntimeError as error:
        if ran_out(error):
            raise
        raise Unrecordable(str(error).splitlines()[0]) from error
    finally:
        torch.cuda.set_stream(current)  # a graph that fails leaves its own stream current
    return graph, result
