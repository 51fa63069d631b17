"""minidiff: diffusion models for sound, small enough to read aloud."""

from .denoiser import Denoiser
from .exact import GaussianMixture, IdealDenoiser
from .guidance import Clip, Guided
from .nets import MLP, UNet
from .process import diffuse
from .samplers import ddim, ddpm, dpmpp_2m, heun, invert, renoise
from .schedule import Cosine, Flow, Karras, LinearBeta, ScaledLinear
