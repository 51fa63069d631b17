"""Nets: plain torch modules, called `(x, t, cond)`; they import nothing of ours."""

from .autoencoder import Autoencoder
from .diffwave import DiffWave
from .dit import DiT
from .mlp import MLP
from .unet import UNet
from .wavegrad import WaveGrad

__all__ = ["MLP", "Autoencoder", "DiT", "DiffWave", "UNet", "WaveGrad"]
