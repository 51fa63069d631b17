"""minidiff: diffusion models for sound, small enough to read aloud."""

from . import data
from .audio import MelSpec, griffin_lim
from .check import check
from .denoiser import Denoiser
from .display import (
    abx,
    ask,
    explorer,
    figure,
    gallery,
    live,
    player,
    players,
    plot_curves,
    plot_mels,
    plot_pictures,
    plot_points,
    say,
    source,
    trajectory,
)
from .exact import GaussianMixture, IdealDenoiser
from .guidance import Clip, Guided
from .measured import measured
from .models import device, load
from .nets import MLP, UNet
from .process import diffuse
from .samplers import ddim, ddpm, dpmpp_2m, heun, invert, renoise
from .schedule import (
    Cosine,
    Flow,
    Karras,
    LinearBeta,
    ScaledLinear,
    noise_times,
)
from .train import fit

__all__ = [
    "MLP", "Clip", "Cosine", "Denoiser", "Flow", "GaussianMixture", "Guided",
    "IdealDenoiser", "Karras", "LinearBeta", "MelSpec", "ScaledLinear", "UNet", "abx",
    "ask", "check", "data", "ddim", "ddpm", "device", "diffuse", "dpmpp_2m", "explorer",
    "figure", "fit", "gallery", "griffin_lim", "heun", "invert", "live", "load",
    "measured", "noise_times", "player", "players", "plot_curves", "plot_mels",
    "plot_pictures", "plot_points", "renoise", "say", "source", "trajectory",
]  # fmt: skip
