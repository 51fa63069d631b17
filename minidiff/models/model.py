"""Trained models: load them, and generate sound."""

import functools
import math
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors.torch import load_file
from torch import Tensor

from .. import schedule as schedules
from .. import valid
from ..denoiser import Denoiser
from ..guidance import Guided
from ..nets import build
from ..samplers import from_noise
from ..sound.latents import Latents
from ..sound.mel import MelSpec
from ..sound.vocoder import Vocoder, Vocoding
from ..sound.waveform import Waveform
from . import shelf
from .card import Card, card_in, settings_in, verify


class Model:
    """A denoiser with all that is needed to turn its answers into sound.

    labels: names of the main label's classes. conditions: all labels' names, by name.
    spec: the front end: `MelSpec`, `Waveform` or `Latents`. shape: of one x.
    settings: what `save` stores.
    """

    def __init__(self, denoiser: Denoiser, settings: dict, card: dict):
        self.denoiser, self.settings, self.card = denoiser.eval(), settings, Card(card)
        self.spec = front(settings["spec"])
        self.shape = self.spec.shape(settings["samples"])
        self.conditions: dict[str, list[str]] = settings["labels"]
        self.labels = next(iter(self.conditions.values()))
        self.sample_rate = self.spec.sample_rate

    @torch.no_grad()
    def generate(
        self,
        cond=None,
        n: int = 1,
        steps: int | None = None,
        scale: float | None = None,
        seed: int = 0,
        sampler: str | None = None,
        device: str | torch.device | None = None,
        vocoder: "str | Path | Vocoder | None" = None,
    ) -> Float[Tensor, "n samples"]:
        """n waveforms (n, samples) in [-1, 1], float32 on the CPU.

        None has a larger rms than the loudest that the model learned from.
        cond: a class by name or number, a list of n of them, or a dict of these by
        label name; a label not given is drawn as often as it was in training. Item i
        is what n=1, seed=seed + i gives. steps, scale, sampler and vocoder default to
        the model's own settings; device to where the denoiser is. vocoder: what makes
        the mels audible: "griffin-lim", or a model that was trained for it.
        Raises ValueError for unknown labels, samplers and vocoders, n or steps below 1,
        steps beyond the schedule's (1000), seed < 0, a vocoder of other mels, and any
        where there is no mel.
        """
        settings = self.settings
        sampler = sampler or settings["sampler"]
        scale = settings["scale"] if scale is None else scale
        steps = settings["steps"] if steps is None else steps
        if isinstance(cond, list | tuple) and n == 1:
            n = len(cond)
        n, seed = valid.whole(n, "n", 1), valid.whole(seed, "seed", 0, 2**63 - 1 - n)
        speak = self._voice(vocoder or settings["vocoder"], seed)
        if device is None:
            device = next(self.denoiser.parameters()).device
        device = valid.device(device)
        self.denoiser.to(device)
        dice = [torch.Generator().manual_seed(seed + i) for i in range(n)]
        cond = {name: c.to(device) for name, c in self._cond(cond, n, dice).items()}
        between = tuple(settings.get("between") or (0.0, math.inf))
        guided = Guided(self.denoiser, scale, between=between)
        walk = (n, *self.shape), sampler, steps, cond or None, dice, device
        x = from_noise(guided, *walk)
        return self._no_louder(speak(x.cpu())).clamp(-1, 1)

    def _no_louder(self, wave: Tensor) -> Tensor:
        """Sounds hurried into being can come out far too loud: softer, if they are."""
        rms = wave.square().mean(1, keepdim=True).sqrt()
        return wave * (self.settings["loudest"] / rms).clamp(max=1)

    def _voice(self, vocoder, seed: int):
        """The function that turns x, on the CPU, into waveforms."""
        if vocoder is None:
            return self.spec.decode
        name = self.card.get("recipe", "the model")
        if isinstance(self.spec, Waveform):
            raise ValueError(f"vocoder: {name} makes waveforms, not mels")
        if vocoder == "griffin-lim":
            return self.spec.decode
        if isinstance(vocoder, str) and not Path(vocoder).is_dir():
            valid.choice(vocoder, ["griffin-lim", *shelf.shipped()], "vocoder")
        vocoder = load(vocoder) if isinstance(vocoder, str | Path) else vocoder
        if not isinstance(vocoder, Vocoder):
            what = getattr(vocoder, "card", {}).get("title", vocoder)
            raise ValueError(f"vocoder: {what!r} takes no mels")
        if isinstance(self.spec, Latents):
            vocoder.check(self.spec.spec, name)
            return lambda z: vocoder.decode(self.spec.mel(z), seed=seed)
        vocoder.check(self.spec, name)
        return functools.partial(vocoder.decode, seed=seed)

    def _cond(self, cond, n: int, dice: list) -> dict[str, Tensor]:
        """int64 labels (n,) by name; those not given are drawn, one draw an item."""
        if cond is not None and not isinstance(cond, dict):
            cond = {next(iter(self.conditions)): cond}
        for name in cond or {}:
            valid.choice(name, self.conditions, "cond")
        labels = {}
        for name, names in self.conditions.items():
            share = torch.tensor(self.settings["counts"][name], dtype=torch.float64)
            drawn = torch.cat([torch.multinomial(share, 1, generator=g) for g in dice])
            given = (cond or {}).get(name)
            labels[name] = drawn if given is None else indices(given, names, n, name)
        return labels


def indices(given, names: list[str], n: int, what: str) -> Tensor:
    """Class names or numbers, one or n of them, as int64 (n,)."""
    if isinstance(given, Tensor):
        given = given.tolist()
    given = list(given) if isinstance(given, list | tuple) else [given] * n
    if len(given) != n:
        raise ValueError(f"{what}: expected {n} labels, got {len(given)}")
    for i, label in enumerate(given):
        if isinstance(label, str):
            given[i] = names.index(valid.choice(label, names, what))
        else:
            valid.whole(label, what, 0, len(names) - 1)
    return torch.tensor(given, dtype=torch.int64)


def load(
    name: str | Path, device: str | torch.device = "cpu"
) -> Model | Vocoder | Latents:
    """A model that ships with the package, by name, or one of yours, by its folder.

    A folder of the same name as one that ships is loaded as "./digits". Raises
    ValueError for an unknown name or device, and for weights that are not the card's.
    """
    device, folder = valid.device(device), Path(name)
    if name in shelf.shipped() or not (folder / "model.safetensors").is_file():
        known = valid.choice(str(name), shelf.shipped(), "name of a model")
        folder = shelf.WEIGHTS / known
    file, card = folder / "model.safetensors", card_in(folder)
    verify(file, card.get("sha256"))
    settings, card = settings_in(file), Card(card)
    schedule = None  # an autoencoder has none
    if "schedule" in settings:
        schedule = getattr(schedules, settings["schedule"])()
    net = build(schedule=schedule, **settings["net"])
    net.load_state_dict({key: value.float() for key, value in load_file(file).items()})
    net.to(device)
    if settings["kind"] == "autoencoder":
        return Latents(net, front(settings["spec"]), card)
    denoiser = Denoiser(net, schedule, settings["predicts"])
    if settings["kind"] == "vocoder":
        denoiser.drop = 0.0  # without a mel it has nothing to do
        vocoding = Vocoding(front(settings["spec"]), *settings["given"])
        return Vocoder(denoiser, vocoding, settings, card)
    return Model(denoiser, settings, card)


def front(settings: dict) -> MelSpec | Waveform | Latents:
    """The front end that these settings describe.

    Raises ValueError for an autoencoder that is not the one that was trained with.
    """
    settings = dict(settings)
    kind = settings.pop("type")
    if kind == "Latents":
        latents = load(settings["name"])
        if latents.card["sha256"] != settings.get("sha256"):
            raise ValueError(
                f"spec: the model was trained on latents of another {settings['name']}"
                " than the one that is here: fetch both, or train the model again"
            )
        return latents
    return {"MelSpec": MelSpec, "Waveform": Waveform}[kind](**settings)


def device() -> torch.device:
    """The fastest device here: CUDA, Apple's MPS, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
