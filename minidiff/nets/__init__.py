"""Nets: plain torch modules, called `(x, t, cond)`. They import nothing else of ours."""

from .mlp import MLP
from .unet import UNet

__all__ = ["MLP", "UNet"]
