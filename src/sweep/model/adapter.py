"""One trial's LoRA weights as an optimizer wants them: two flat parameters in fp32, and views on them by module.

Many of them run on one base at once in `adapters.py`. PEFT's layout comes in by `write` and goes out by `read`.
D width in, O width out, r the trial's rank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from sweep.config import LoraConfig
from sweep.errors import ModelFault
from sweep.model import lora
from sweep.model.base import DTYPES, Base

Factors = tuple[Tensor, Tensor]  # (down_rD, up_rO) of one module


class Adapter:
    """Weights, gradients and their views; fp32 whatever the precision asked for."""

    def __init__(self, base: Base, modules: Sequence[str], config: LoraConfig, seed: int) -> None:
        """First weights are those of `lora.initial_a`, so that every engine starts from the same numbers."""
        if config.rank < 1:
            raise ModelFault(f"lora.rank: got {config.rank}, expected a whole number of at least 1")
        found = {layer.name: layer for layer in base.layers.found}
        self.config = config
        self.sizes = {name: (found[name].width_in, found[name].width_out) for name in modules}
        self.scale = lora.scaling(config.rank, config.scaled_alpha, config.rslora)
        self.modules = frozenset(self.sizes)
        self.version = 0  # of the weights; whoever changes them counts up, see `changed`
        rank, device = config.rank, base.device
        self.down = nn.Parameter(torch.zeros(sum(rank * width for width, _ in self.sizes.values()), device=device))
        self.up = nn.Parameter(torch.zeros(sum(rank * width for _, width in self.sizes.values()), device=device))
        for flat in self.parameters:
            flat.grad = torch.zeros_like(flat)  # stays; a trial that does not fit is noticed before it trains
        self.weight_views = self._listed(*(flat.detach() for flat in self.parameters))
        self.grad_views = self._listed(*(cast(Tensor, flat.grad) for flat in self.parameters))
        with torch.no_grad():
            for name, (down_rD, _) in self.factors().items():
                down_rD.copy_(lora.initial_a(seed, name, *down_rD.shape))
        self.changed()

    @property
    def parameters(self) -> tuple[nn.Parameter, nn.Parameter]:
        """(down, up), flat."""
        return self.down, self.up

    def factors(self, down: Tensor | None = None, up: Tensor | None = None) -> dict[str, Factors]:
        """Views by module on the weights, or on other flat tensors of the same layout, such as an optimizer's moments."""
        rank, found, at_down, at_up = self.config.rank, {}, 0, 0
        down = self.down.detach() if down is None else down
        up = self.up.detach() if up is None else up
        for name, (width_in, width_out) in self.sizes.items():
            end_down, end_up = at_down + rank * width_in, at_up + rank * width_out
            found[name] = (down[at_down:end_down].view(rank, width_in), up[at_up:end_up].view(rank, width_out))
            at_down, at_up = end_down, end_up
        return found

    def _listed(self, down: Tensor, up: Tensor) -> list[Tensor]:
        """The views in one list, module by module."""
        return [view for pair in self.factors(down, up).values() for view in pair]

    @torch.no_grad()
    def write(self, weights: Mapping[str, Factors]) -> None:
        """Set the weights from (A_rD, B_Or) by module, PEFT's layout. Raises: ModelFault where modules or shapes differ."""
        mine = self.factors()
        if mine.keys() != weights.keys():
            odd = sorted(mine.keys() ^ weights.keys())
            raise ModelFault(f"adapter: the saved one and this trial's target different modules: {', '.join(odd[:3])}")
        for name, (a_rD, b_Or) in weights.items():
            down_rD, up_rO = mine[name]
            if a_rD.shape != down_rD.shape or b_Or.shape != up_rO.T.shape:
                got, expected = (*a_rD.shape, *b_Or.shape), (*down_rD.shape, *up_rO.T.shape)
                raise ModelFault(f"adapter: {name} was saved with shapes {got}, expected {expected}")
            down_rD.copy_(a_rD)
            up_rO.copy_(b_Or.T)
        self.changed()

    def read(self) -> dict[str, Factors]:
        """(A_rD, B_Or) by module, PEFT's layout, in the precision that was asked for."""
        dtype = DTYPES[self.config.precision]
        return {name: (down_rD.to(dtype), up_rO.T.contiguous().to(dtype)) for name, (down_rD, up_rO) in self.factors().items()}

    @torch.no_grad()
    def changed(self) -> None:
        """To be called after each change of the weights. With lora.precision=bf16 they are rounded to it here."""
        if self.config.precision == "bf16":
            for flat in self.parameters:
                flat.copy_(flat.bfloat16())
        self.version += 1
