"""Nets: plain torch modules, called `(x, t, cond)`; they import nothing of ours."""

from .mlp import MLP
from .unet import UNet

__all__ = ["MLP", "UNet"]
