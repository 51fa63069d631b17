"""minidiff: diffusion models for sound, small enough to read aloud."""

from . import data
from .audio import MelSpec, griffin_lim
from .check import check
from .denoiser import Denoiser
from .display import (
    figure,
    player,
    players,
    plot_curves,
    plot_mels,
    plot_pictures,
    plot_points,
    say,
    source,
)
from .exact import GaussianMixture, IdealDenoiser
from .guidance import Clip, Guided
from .models import device, load
from .nets import MLP, UNet
from .process import diffuse
from .samplers import ddim, ddpm, dpmpp_2m, heun, invert, renoise
from .schedule import Cosine, Flow, Karras, LinearBeta, ScaledLinear
from .train import fit

__all__ = [
    "MLP", "Clip", "Cosine", "Denoiser", "Flow", "GaussianMixture", "Guided",
    "IdealDenoiser", "Karras", "LinearBeta", "MelSpec", "ScaledLinear", "UNet",
    "check", "data", "ddim", "ddpm", "device", "diffuse", "dpmpp_2m", "figure", "fit",
    "griffin_lim", "heun", "invert", "load", "player", "players", "plot_curves",
    "plot_mels", "plot_pictures", "plot_points", "renoise", "say", "source",
]  # fmt: skip
