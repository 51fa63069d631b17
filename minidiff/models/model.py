"""Trained models: load them, and generate sound."""

import functools
import math
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from .. import schedule as schedules
from .. import valid
from ..control.clap import Clap
from ..control.enhance import Enhancer
from ..control.listening import Listening
from ..control.operators import Operator
from ..control.reference import begun, known_from, times_from
from ..control.writing import Writer
from ..denoiser import Denoiser
from ..guidance import Guided
from ..nets import build
from ..samplers import SAMPLERS, from_noise
from ..schedule import noise_times
from ..sound.fine import FineMagnitudes
from ..sound.latents import Latents
from ..sound.mel import MelSpec
from ..sound.spectrum import Spectrum
from ..sound.vocoder import Vocoder, Vocoding
from ..sound.waveform import Waveform
from . import checkpoint, lasting, shelf
from .bounds import Overshot, heard
from .card import Card, card_in, settings_in, verify
from .early import early_of
from .kinds import silent
from .labels import Classes, count
from .prompts import Prompts
from .repairing import repaired
from .stored import weights_in


class Model:
    """A denoiser with all that is needed to turn its answers into sound.

    labels: names of the main label's classes. conditions: all labels' names, by name;
    of a model that reads captions, the words that it knows. asks: reads what is asked.
    spec: the front end: `MelSpec`, `Waveform`, `Spectrum` or `Latents`. shape: of one
    x. settings: what `save` stores. folder: where the model's files lie, if it has any.
    """

    def __init__(
        self,
        denoiser: Denoiser,
        settings: dict,
        card: dict,
        folder: Path | None = None,
    ):
        self.folder = folder
        self.denoiser, self.settings, self.card = denoiser.eval(), settings, Card(card)
        self.spec = front(settings["spec"])
        self.audible = getattr(self.spec, "spec", self.spec)  # behind latents, mels
        self.shape = self.spec.shape(settings["samples"])
        self.asks = asking(settings)
        self.conditions: dict[str, list[str]] = self.asks.names
        self.labels: list[str] = next(iter(settings["labels"].values()))
        self.sample_rate = self.spec.sample_rate

    @functools.cached_property
    def early(self) -> Denoiser:
        """The denoiser as it was early in its training, for autoguidance.

        Raises ValueError for a model that has no snapshot.
        """
        if self.folder is None:
            raise ValueError("early: this model was not loaded from a folder")
        net = early_of(self.denoiser.net, self.folder, self.card.get("early"))
        return Denoiser(net, self.denoiser.schedule, self.denoiser.predicts).eval()

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
        reference=None,
        strength: float | None = None,
        seconds: float | None = None,
    ) -> Float[Tensor, "n samples"]:
        """n waveforms (n, samples) in [-1, 1], float32 on the CPU.

        None has a larger rms than the loudest that the model learned from. Strong
        guidance and few steps overshoot: mels far beyond those of sounds are limited.
        cond: a class by name or number, a list of n of them, or a dict of these by
        label name; a label not given is drawn as often as it was in training. A pitch
        is a MIDI number, drawn from those of the instrument; one beyond these warns
        with their range. A tensor holds numbers of classes, from 0. Of a model that
        reads captions cond is one, or a list of n; None and, with a warning, an empty
        one ask for nothing, and anything may come. Item i is what n=1,
        seed=seed + i gives. steps, scale, sampler and vocoder default to the model's
        own settings; device to where the denoiser is. vocoder: what makes the mels
        audible: "griffin-lim", or a model that was trained for it.
        reference: a sound to vary (or a list of n): a waveform at the model's rate, an
        `md.example(...)` or a file (`control.reference`). It is noised as far as t =
        strength, 0.5 by default: at 0 it comes back bit for bit, however loud; at 1 it
        is ignored. Below 1, where no cond is given, nothing is asked, no label drawn.
        A model of few steps can begin only where it stops (`settings["stops"]`).
        seconds: how long, up to an hour; beyond what was learned by windows that
        overlap, for textures: of events they know nothing (`models.lasting`).
        Raises ValueError for unknown labels, words, samplers and vocoders, captions of
        too many words, references and strengths that cannot be used, n or steps below
        1, steps beyond the schedule's (1000) or not among the few that were learned,
        seed < 0, a vocoder of other mels, and any where there is no mel; `Overshot`,
        which holds the others, for sounds of which nothing is left but NaN or silence.
        """
        if seconds is not None:
            told = vocoder, reference, strength
            asked = cond, n, steps, scale, seed, sampler, device, *told
            return lasting.generate(self, seconds, *asked)
        settings = self.settings
        sampler = sampler or settings["sampler"]
        scale = settings["scale"] if scale is None else scale
        steps = settings["steps"] if steps is None else steps
        n, seed = valid.whole(count(n, cond, reference), "n", 1), valid.seed(seed)
        valid.seed(seed + n - 1)
        first, strength = begun(
            reference, strength, n, self.sample_rate, settings["samples"]
        )
        times = self._times(steps, strength or 1.0)
        valid.choice(sampler, SAMPLERS, "sampler")
        speak = self._voice(vocoder or settings["vocoder"], seed)
        if strength == 0:
            return first.clone()
        if device is None:
            device = next(self.denoiser.parameters()).device
        device = valid.device(device)
        self.denoiser.to(device)
        dice = [torch.Generator().manual_seed(seed + i) for i in range(n)]
        free = cond is None and first is not None
        asked = {} if free else self.asks.read(cond, n, dice)
        cond = {name: c.to(device) for name, c in asked.items()}
        between = tuple(settings.get("between") or (0.0, math.inf))
        guided = Guided(self.denoiser, scale, between=between)
        walk = (n, *self.shape), sampler, steps, cond or None, dice, device
        x0 = None if first is None else self.spec.encode(first)
        x = from_noise(guided, *walk, times, x0).cpu()
        waves, lost = self.heard(x, speak)
        if lost.any():
            seeds = ", ".join(str(seed + i) for i in lost.nonzero()[:, 0].tolist())
            raise Overshot(
                f"seed {seeds}: no sound is left, as {steps} steps of {sampler} with "
                f"scale {scale:g} overshot; take more steps or a scale nearer to 1",
                torch.where(lost[:, None], torch.nan, waves),
            )
        return waves

    @torch.no_grad()
    def repair(
        self,
        wave: Float[Tensor, "*one samples"],
        operator: Operator,
        cond=None,
        n: int = 1,
        steps: int | None = None,
        seed: int = 0,
    ) -> Float[Tensor, "n samples"]:
        """What may have stood in a damaged recording: n answers, (n, samples).

        wave: (samples,) or (1, samples), as recorded (at soft edges not faded yet), at
        the model's rate. operator: what was done to it. What is known for certain comes
        back bit for bit. cond, seed: as in `generate`. Raises what `repaired` raises.
        """
        return repaired(self, wave, operator, cond, n, steps, seed)

    def _times(self, steps: int, strength: float) -> Tensor:
        """Of so many steps, the rest from strength on; a model may know only a few."""
        schedule = self.denoiser.schedule
        if (stops := self.settings.get("stops")) is None:
            most = getattr(schedule, "steps", math.inf)
            steps = valid.whole(steps, "steps", 1, most)
            return times_from(noise_times(schedule, steps), strength)
        steps = valid.whole(steps, "steps", 1)
        if str(steps) not in stops:
            known = ", ".join(stops)
            raise ValueError(
                f"steps: this model has stops for {known} only, got {steps}"
            )
        return known_from([*stops[str(steps)], 0.0], strength)

    def heard(self, x: Tensor, speak=None) -> tuple[Tensor, Tensor]:
        """The waveforms (n, samples) of x, and of which nothing is left, bool (n,).

        speak: from mels, or x if there are none, to waveforms; default: the front end.
        """
        speak = speak or self.audible.decode
        return heard(x, self.spec, self.settings["loudest"], speak)

    def _voice(self, vocoder, seed: int):
        """The function that turns mels, or x where there are none, into waveforms."""
        if vocoder is None:
            return self.audible.decode
        name = self.card.get("recipe", "the model")
        if not isinstance(self.audible, MelSpec):
            raise ValueError(f"vocoder: {name} makes waveforms, not mels")
        if vocoder == "griffin-lim":
            return self.audible.decode
        if isinstance(vocoder, str) and not Path(vocoder).is_dir():
            valid.choice(vocoder, ["griffin-lim", *shelf.shipped()], "vocoder")
        vocoder = load(vocoder) if isinstance(vocoder, str | Path) else vocoder
        if not isinstance(vocoder, Vocoder):
            what = getattr(vocoder, "card", {}).get("title", vocoder)
            raise ValueError(f"vocoder: {what!r} takes no mels")
        vocoder.check(self.audible, name)
        return functools.partial(vocoder.decode, seed=seed)


def load(
    name: str | Path, device: str | torch.device = "cpu"
) -> Model | Vocoder | Latents | Enhancer | Clap | Listening | Writer:
    """A model that ships with the package, by name, or one of yours, by its folder.

    A folder of the same name as one that ships is loaded as "./digits". Raises
    ValueError for an unknown name or device, a folder without a model, which says how
    far its training came, and for weights that are not the card's.
    """
    device, folder = valid.device(device), valid.path(name, "name of a model")
    if name in shelf.shipped():
        folder = shelf.WEIGHTS / name
    elif not (folder / "model.safetensors").is_file():
        if folder.is_dir():
            raise ValueError(checkpoint.unfinished(folder))
        folder = shelf.WEIGHTS / valid.choice(
            str(name), shelf.shipped(), "name of a model"
        )
    file, card = folder / "model.safetensors", card_in(folder)
    verify(file, card.get("sha256"))
    settings, card = settings_in(file), Card(card)
    schedule = None  # an autoencoder has none
    if "schedule" in settings:
        schedule = getattr(schedules, settings["schedule"])()
    net = build(schedule=schedule, **settings["net"])
    net.load_state_dict(weights_in(file))
    net.to(device)
    if (made := silent(net, settings, card, front)) is not None:
        return made
    denoiser = Denoiser(net, schedule, settings["predicts"])
    if settings["kind"] in ("vocoder", "fine"):
        denoiser.drop = 0.0  # without a mel it has nothing to do
        spec = front(settings["spec"])
        fine = settings["kind"] == "fine"
        vocoding = FineMagnitudes(spec) if fine else Vocoding(spec, *settings["given"])
        return Vocoder(denoiser, vocoding, settings, card)
    return Model(denoiser, settings, card, folder)


def front(settings: dict) -> MelSpec | Waveform | Spectrum | Latents:
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
    kinds = {"MelSpec": MelSpec, "Waveform": Waveform, "Spectrum": Spectrum}
    return kinds[kind](**settings)


def asking(settings: dict) -> Classes | Prompts:
    """What reads the wishes for a model of these settings.

    Raises ValueError for a CLAP that is not the one that was trained with.
    """
    if "caption" not in settings:
        return Classes(settings)
    if "clap" not in settings:
        return Prompts(settings)
    clap = load((told := settings["clap"])["name"])
    if clap.card["sha256"] != told["sha256"]:
        raise ValueError(
            f"clap: the model learned from another {told['name']} than the one that is "
            "here: fetch both, or train the model again"
        )
    return Prompts(settings, clap)


def device() -> torch.device:
    """The fastest device here: CUDA, Apple's MPS, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
