"""Which linear layers a model has, and which of them a LoRA configuration means.

Layers are found by their place in the module tree, not from a table of model families: the blocks are the largest outermost
`nn.ModuleList`, and inside a block the path says attention or MLP. Works on a hollow model on the meta device as well
(`base.inspect`), so targets are checked before any weight is read. Call it on the bare base, without adapters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from torch import nn

from sweep.errors import ModelFault, did_you_mean, raise_all

Group = Literal["attention", "mlp", "other", "lm_head"]
IN_BLOCK: tuple[Group, ...] = ("attention", "mlp", "other")
THIRDS = ("first", "middle", "last")  # of a model's blocks, by name
ATTENTION = re.compile(r"attn|attention")
MLP = re.compile(
    r"mlp|ffn|feed_?forward|moe|expert|^(fc\d?|fc_in|fc_out)$"
)  # the last: OPT hangs fc1 and fc2 on the block itself


@dataclass(frozen=True)
class Layer:
    """One linear layer: its full module name, its group, its block (None for lm_head) and its two sizes."""

    name: str
    group: Group
    depth: int | None
    width_in: int
    width_out: int

    @property
    def leaf(self) -> str:
        """The last part of the name, by which users call it: `q_proj`."""
        return self.name.rpartition(".")[2]

    def answers_to(self, word: str) -> bool:
        """True for its leaf name, its full name, or any dotted ending of it: `self_attn.q_proj`."""
        return f".{self.name}".endswith(f".{word}")


@dataclass(frozen=True)
class Layers:
    """All linear layers of one model in the model's own order."""

    found: tuple[Layer, ...]
    depth: int  # number of blocks

    def leaves(self, *groups: Group) -> tuple[str, ...]:
        """The distinct leaf names of these groups, in the model's order."""
        return tuple(dict.fromkeys(layer.leaf for layer in self.found if layer.group in groups))

    def blocks(self, model: nn.Module) -> list[nn.Module]:
        """The transformer blocks of a model whose layers these are."""
        stems = {layer.name.split(f".{layer.depth}.")[0] for layer in self.found if layer.depth is not None}
        (stem,) = stems
        return list(cast(nn.ModuleList, model.get_submodule(stem)))

    def describe(self) -> str:
        """One line for people: `attention: q_proj o_proj · mlp: up_proj down_proj · lm_head: lm_head · 30 layers`."""
        named: list[tuple[Group, tuple[str, ...]]] = [(group, self.leaves(group)) for group in (*IN_BLOCK, "lm_head")]
        parts = [f"{group}: {' '.join(leaves)}" for group, leaves in named if leaves]
        return " · ".join([*parts, f"{self.depth} layers"])

    def select(
        self, targets: str | Sequence[str] = "all", layers: str | int | Sequence[int] = "all", lm_head: bool = False
    ) -> tuple[str, ...]:
        """Full names of the layers that get an adapter, in the model's order.

        `targets`: attention, mlp, all (every linear layer of a block) or module names; `layers`: all, a third of them (first,
        middle, last), `0-7`, `0-3,8` or numbers, counted from 0; `lm_head` is chosen by its own switch only.
        Raises: ModelFault with every unknown target, its nearest valid name, every block out of range, and an empty choice.
        """
        groups, words, faults = self._read_targets(targets)
        depths, wrong = read_depths(layers, self.depth)
        faults += wrong
        if lm_head and not self.leaves("lm_head"):
            faults.append("lora.lm_head: this model has no linear output layer; set lora.lm_head=false")
        raise_all(ModelFault, faults)
        chosen = tuple(
            layer.name
            for layer in self.found
            if (layer.group == "lm_head" and lm_head)
            or (layer.depth in depths and (layer.group in groups or any(layer.answers_to(word) for word in words)))
        )
        if not chosen:
            asked = f"lora.targets={_show(targets)} lora.layers={_show(layers)}"
            raise ModelFault(f"{asked}: leaves no layer to adapt; the model has {self.describe()}")
        return chosen

    def trainable(self, names: Sequence[str], rank: int) -> int:
        """Number of LoRA parameters at this rank: rank × (inputs + outputs), summed over the named layers."""
        wanted = set(names)
        return sum(rank * (layer.width_in + layer.width_out) for layer in self.found if layer.name in wanted)

    def _read_targets(self, targets: str | Sequence[str]) -> tuple[set[Group], list[str], list[str]]:
        """(groups, module names, faults) of a `lora.targets` value."""
        groups: set[Group] = set()
        words: list[str] = []
        faults: list[str] = []
        found = {str(group): group for group in IN_BLOCK[:2] if self.leaves(group)}
        for word in [targets] if isinstance(targets, str) else list(targets):
            if word == "all":
                groups.update(IN_BLOCK)
            elif word in found:
                groups.add(found[word])
            elif any(layer.depth is not None and layer.answers_to(word) for layer in self.found):
                words.append(word)
            elif word in self.leaves("lm_head"):
                faults.append(f"lora.targets: {word} is not chosen here but by lora.lm_head=true")
            else:
                valid = [*found, "all", *self.leaves(*IN_BLOCK)]
                faults.append(f"lora.targets: got {word}, which this model does not have{did_you_mean(word, valid)}")
        return groups, words, faults


def discover(model: nn.Module) -> Layers:
    """The linear layers of a causal language model (also quantised ones: bitsandbytes layers are nn.Linear).

    Raises: ModelFault if its blocks hold none, as in GPT-2, whose Conv1D keeps weights transposed.
    """
    stem, blocks = _blocks(model)
    found = [
        Layer(f"{stem}.{depth}.{inner}", _group(inner), depth, module.in_features, module.out_features)
        for depth, block in enumerate(blocks)
        for inner, module in block.named_modules()
        if isinstance(module, nn.Linear)
    ]
    head = cast(Any, model).get_output_embeddings()  # every causal language model of transformers has it; None without a head
    if isinstance(head, nn.Linear):
        name = next(name for name, module in model.named_modules() if module is head)
        found.append(Layer(name, "lm_head", None, head.in_features, head.out_features))
    return Layers(tuple(found), len(blocks))


def read_depths(layers: str | int | Sequence[int], depth: int) -> tuple[set[int], list[str]]:
    """(block numbers, faults) of a `lora.layers` value for a model with this many blocks."""
    expected = (
        f"expected all, a third ({', '.join(THIRDS)}), a range such as 0-{depth - 1}, or numbers within 0-{depth - 1} "
        f"(the model has {depth} layers)"
    )
    if layers == "all":
        return set(range(depth)), []
    if isinstance(layers, str) and layers in THIRDS and depth >= len(THIRDS):
        third = THIRDS.index(layers)
        return set(range(third * depth // len(THIRDS), (third + 1) * depth // len(THIRDS))), []
    parts = layers.split(",") if isinstance(layers, str) else [layers] if isinstance(layers, int) else list(layers)
    chosen: set[int] = set()
    for part in parts:
        range_ = re.fullmatch(r"\s*(\d+)(?:\s*-\s*(\d+))?\s*", str(part))
        first, last = (int(range_[1]), int(range_[2] or range_[1])) if range_ else (1, 0)
        if isinstance(part, bool) or first > last or last >= depth:
            return set(), [f"lora.layers: got {_show(layers)}; {expected}"]
        chosen.update(range(first, last + 1))
    return chosen, []


def _blocks(model: nn.Module) -> tuple[str, nn.ModuleList]:
    """(name, list) of the transformer blocks: of the outermost module lists, the one with most weights in linear layers."""
    lists = {name: module for name, module in model.named_modules() if isinstance(module, nn.ModuleList)}
    outermost = {name: module for name, module in lists.items() if not any(name.startswith(f"{other}.") for other in lists)}
    weighed = [
        (sum(m.in_features * m.out_features for m in module.modules() if isinstance(m, nn.Linear)), name, module)
        for name, module in outermost.items()
    ]
    weight, name, blocks = max(weighed, key=lambda entry: entry[0], default=(0, "", nn.ModuleList()))
    if not weight:
        raise ModelFault(
            f"model.source: {type(model).__name__} has no nn.Linear layers in its blocks (GPT-2 has Conv1D), so there is nothing "
            "to adapt; choose a model of the Llama, Mistral, Qwen, Gemma, Phi or GPT-NeoX kind"
        )
    return name, blocks


def _group(inner: str) -> Group:
    """The group of a layer from its path inside a block; the first part that tells decides."""
    for part in inner.split("."):
        if ATTENTION.search(part):
            return "attention"
        if MLP.search(part):
            return "mlp"
    return "other"


def _show(value: object) -> str:
    """A configuration value as a user writes it: [0,5] without spaces, words without quotes."""
    return f"[{','.join(str(part) for part in value)}]" if isinstance(value, (list, tuple)) else str(value)
