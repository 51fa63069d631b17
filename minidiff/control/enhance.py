"""Enhancement: from a noisy sound to a clean one, by way of their spectra."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .. import schedule as schedules
from .. import valid
from ..denoiser import Denoiser
from ..samplers import from_noise
from ..sound.spectrum import Spectrum
from ..sound.waveform import checked
from .bridge import NOISY, Bridge, Regression, cross

LEVEL = 0.1  # rms to which every noisy sound is brought, and led back at the end
SILENT = 1e-5  # rms; what is softer has nothing in it to be cleaned


class Enhancing(nn.Module):
    """What is trained: a way to clean spectra, with its front end.

    way: a `Bridge`, a `Regression`, or a `Denoiser` that is told the noisy spectrum.
    spec: of the spectra. All that training and use must have alike stands here.
    """

    def __init__(self, way: Bridge | Denoiser, spec: Spectrum):
        super().__init__()
        self.way, self.spec = way, spec

    def loss(
        self,
        clean: Float[Tensor, "batch samples"],
        cond: dict[str, Float[Tensor, "batch samples"]],
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, ""]:
        """The way's, for clean and noisy waveforms, of which spectra are made here."""
        noisy = cond[NOISY]
        with torch.no_grad(), torch.autocast(clean.device.type, enabled=False):
            loud = unit(noisy)
            x0, y = self.spec.encode(clean / loud), self.spec.encode(noisy / loud)
        return self.way.loss(x0, {NOISY: y}, generator)

    def cleaned(
        self,
        y: Float[Tensor, "batch 2 bins frames"],
        steps: int,
        eta: float,
        dice: list[torch.Generator],
    ) -> Float[Tensor, "batch 2 bins frames"]:
        """The clean spectrum, in so many calls of the net."""
        if isinstance(self.way, Denoiser):
            walk = "dpmpp_2m", steps, {NOISY: y}, dice, y.device
            return from_noise(self.way, y.shape, *walk)
        times = torch.linspace(1, 0, steps + 1, dtype=torch.float64)
        *_, x = cross(self.way, y, times, eta, dice)
        return x


def enhancing(net: nn.Module, spec: Spectrum, settings: dict) -> Enhancing:
    """A way to clean sounds, by the settings of a recipe or of a model file."""
    if settings["way"] == "diffusion":
        schedule = getattr(schedules, settings["schedule"])()
        # without the noisy sound it has nothing to do
        return Enhancing(Denoiser(net, schedule, "v", drop=0.0), spec)
    kind = {"bridge": Bridge, "regression": Regression}[settings["way"]]
    return Enhancing(kind(net, settings["sigma"], settings["k"]), spec)


class Enhancer:
    """A trained model that takes noise out of sounds.

    spec: its front end. card: what is known of it. settings: what `save` stores.
    """

    def __init__(self, enhancing: Enhancing, settings: dict, card: dict):
        self.enhancing, self.settings, self.card = enhancing.eval(), settings, card
        self.spec = enhancing.spec
        self.sample_rate = self.spec.sample_rate

    @torch.no_grad()
    def enhance(
        self,
        wave: Float[Tensor, "n samples"],
        sample_rate: int | None = None,
        steps: int | None = None,
        seed: int = 0,
        eta: float | None = None,
    ) -> Float[Tensor, "n samples"]:
        """The same sounds with less noise, as long and as loud: float32, on the CPU.

        Item i is that of seed + i alone. Any length will do, though the model heard
        only short sounds; silence comes back as it is. steps: calls of the net;
        default: the model's own. eta: of `cross`, for bridges. Raises ValueError for
        another sample_rate, sounds that are not (n, samples), NaN, steps below 1, above
        1 for a regression and above 1000 for a diffusion, and seed < 0.
        """
        checked(wave, sample_rate, self.sample_rate)
        one = isinstance(self.enhancing.way, Regression)
        steps = self.settings["steps"] if steps is None else steps
        steps = valid.whole(steps, "steps", 1, 1 if one else 1000)
        eta = valid.number(self.settings["eta"] if eta is None else eta, "eta", 0, 1)
        seed = valid.seed(seed)
        valid.seed(seed + len(wave) - 1)
        home = next(self.enhancing.parameters()).device
        noisy = wave.float().cpu()
        loud = unit(noisy)
        y = self.spec.encode(noisy / loud).to(home)
        dice = [torch.Generator().manual_seed(seed + i) for i in range(len(wave))]
        x = self.enhancing.cleaned(y, steps, eta, dice).cpu()
        made = self.spec.decode(x)[:, : wave.shape[1]] * loud
        silent = noisy.square().mean(1, keepdim=True).sqrt() < SILENT
        return torch.where(silent, noisy, made)

    def to(self, device) -> "Enhancer":
        """The same, its weights on another device."""
        self.enhancing.to(device)
        return self


def unit(noisy: Float[Tensor, "batch samples"]) -> Float[Tensor, "batch 1"]:
    """What noisy waveforms are divided by, and their clean ones with them."""
    return noisy.square().mean(1, keepdim=True).sqrt().clamp(min=SILENT) / LEVEL
