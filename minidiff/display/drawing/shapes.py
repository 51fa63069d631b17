"""The shapes in a net, as the net itself has them: nothing is typed."""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Passed(NamedTuple):
    """Shapes, without the batch, of what a part is given and of what it answers."""

    into: tuple[int, ...]
    out: tuple[int, ...]


class Shapes(dict):
    """What passed through every part of a net, by the part's name; "" is the net."""

    def into(self, name: str = "") -> str:
        return times(self[name].into)

    def out(self, name: str = "") -> str:
        return times(self[name].out)


@torch.no_grad()
def shapes(net: nn.Module, *inputs) -> Shapes:
    """Let the net answer once, and watch. Of several tensors the first one counts.

    inputs: what the net is called with.
    """
    seen = Shapes()

    def watch(name):
        def see(module, inputs, answer):
            ends = (inputs[0], answer)
            firsts = (end if isinstance(end, Tensor) else end[0] for end in ends)
            seen[name] = Passed(*(tuple(first.shape[1:]) for first in firsts))

        return see

    parts = [(name, m) for name, m in net.named_modules() if name != "conditions"]
    hooks = [m.register_forward_hook(watch(name)) for name, m in parts]
    try:
        net(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return seen


def zeros(net: nn.Module, *size: int) -> Tensor:
    """One item of zeros, where the net is and in the numbers that it computes with."""
    return next(net.parameters()).new_zeros(1, *size)


def asked(net: nn.Module, channels: int, size: tuple, cond=None) -> Shapes:
    """`shapes` of a net that is asked about one x of zeros at time 0."""
    x = zeros(net, channels, *size)
    return shapes(net, x, x.new_zeros(1), cond)


def times(shape: tuple) -> str:
    """A shape in words: 32×8×8."""
    return "×".join(map(str, shape))


def names(net: nn.Module) -> str:
    """The conditions that become part of a net's `emb`."""
    frames = net.conditions.frames
    known = [f"`{name}`" for name in net.conditions.embedders if name not in frames]
    return ", ".join(known) or ("beside x" if frames else "none")
