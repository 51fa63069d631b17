"""Nets: plain torch modules, called `(x, t, cond)`; they import nothing of ours."""

from torch import nn

from .autoencoder import Autoencoder
from .clap import Towers
from .diffwave import DiffWave
from .dit import DiT
from .listener import Listener
from .melody import Melody
from .mlp import MLP
from .unet import UNet
from .wavegrad import WaveGrad


def build(type: str, schedule=None, **size) -> nn.Module:
    """The net of that name, its weights random; WaveGrad is told the schedule."""
    nets = Autoencoder, DiffWave, DiT, Listener, Melody, Towers, UNet, WaveGrad
    make = {net.__name__: net for net in nets}
    needs = {"schedule": schedule} if type == "WaveGrad" else {}
    return make[type](**needs, **size)


__all__ = [
    "MLP", "Autoencoder", "DiT", "DiffWave", "Listener", "Melody", "Towers", "UNet",
    "WaveGrad", "build",
]  # fmt: skip
