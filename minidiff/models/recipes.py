"""The recipes of the models that ship."""

import functools

from torch.utils.data import Dataset

from .. import data
from ..data.melodies import CREDIT
from ..sound.mel import MelSpec
from ..sound.spectrum import Spectrum
from ..sound.waveform import Waveform
from .enhancing import EnhancerRecipe
from .fast import learned_from
from .matching import ClapRecipe, ListenerRecipe
from .melodies import MelodyRecipe
from .prompted import HeardRecipe, PromptRecipe
from .recipe import AutoencoderRecipe, FineRecipe, Recipe, SoundRecipe, VocoderRecipe
from .shelf import TITLES
from .sources import HITS_TOLD, IN_NOISE, MADE, SPOKEN
from .watching import ENGINES, WatchRecipe, engines

DIGITS = MelSpec(8000, n_fft=512, hop_length=160, n_mels=64)
HITS_HEARD = MelSpec(16_000, n_fft=512, hop_length=128, mean=-65.0, std=22.0)
HITS_SPECTRUM = Spectrum(
    16_000, size=(0.9, 0.25, 0.21, 0.23, 0.24, 0.27, 0.3, 0.25, 0.16)
)
SOUNDS = MelSpec(16_000, n_fft=1024, hop_length=256, mean=-55.0, std=23.0)
# spectrograms whose places look along their rows: three million weights, or two
ROWS = {"type": "UNet", "channels": (48, 96, 128), "patch": 2, "along": True}
SMALL = ROWS | {"channels": (40, 80, 112)}


def digits(split: str) -> Dataset:
    return data.digits(split, samples=6400)


def sounds(split: str, train: int = 3600) -> Dataset:
    return data.sounds({"train": train, "test": 360}[split], split)


def hits(split: str) -> Dataset:
    return data.drums(split, samples=8192, vary=split == "train")


def scenes(split: str, wrong: bool = False) -> Dataset:
    n = {"train": 10_800, "test": 720}[split]
    return data.scenes(n, split, wrong=wrong)


def known_scenes(split: str) -> Dataset:
    """All combinations, the new ones too: who judges must know them."""
    n = {"train": 14_400, "test": 720}[split]
    seed = {"train": 1, "test": 2}[split]
    return data.scenes(n, "test", seed, truth=True)


# one lesson for both ways to be asked in words, and one for both CLAPs
ASKED = {
    "data": scenes,
    "samples": 32_768,
    "spec": SOUNDS,
    "net": ROWS | {"channels": (32, 56, 80)},
    "steps": 6000,
    "batch": 32,
    "scale": 3.0,
    "bits": 8,
}
MATCHED = {"samples": 32_768, "spec": SOUNDS, "net": {}, "steps": 2500, "batch": 64}
RECIPES: dict[str, Recipe] = {
    "digits": SoundRecipe(
        data=digits,
        samples=6400,
        spec=DIGITS,
        net={"type": "UNet", "channels": (32, 64, 128)},
        steps=10_552,
        batch=32,
        scale=1.0,
        about={"title": TITLES["digits"]} | SPOKEN,
    ),
    "sounds": SoundRecipe(
        data=functools.partial(sounds, train=10_800),
        samples=16_384,
        spec=SOUNDS,
        net=ROWS,
        steps=24_000,
        scale=3.0,
        between=(1.0, 11.0),
        bits=8,
        judge_steps=600,
        about={"title": TITLES["sounds"]} | MADE,
    ),
    "drums": SoundRecipe(
        data=hits,
        samples=8192,
        spec=HITS_SPECTRUM,
        ear=HITS_HEARD,
        net=SMALL | {"in_channels": 2},
        steps=4500,
        batch=32,
        scale=1.5,
        bits=8,
        about=HITS_TOLD | {"title": TITLES["drums"]},
    ),
    "drums-waveform": SoundRecipe(
        data=hits,
        samples=8192,
        spec=Waveform(16_000, std=0.12),
        ear=HITS_HEARD,
        net={"type": "UNet", "dims": 1, "channels": (16, 32, 48, 64, 96, 128)},
        steps=5000,
        judge="drums",
        about=HITS_TOLD | {"title": TITLES["drums-waveform"]},
    ),
    "digits-vocoder-64": VocoderRecipe(
        data=digits,
        samples=6400,
        spec=DIGITS,
        net={"type": "UNet", "channels": (16, 32, 48, 64, 96)},
        steps=6000,
        batch=8,
        sampler_steps=12,
        judge="digits",
        about={"title": TITLES["digits-vocoder-64"]} | SPOKEN,
    ),
    "sounds-autoencoder": AutoencoderRecipe(
        data=sounds,
        samples=16_384,
        spec=SOUNDS,
        net={"channels": (24, 48, 96), "latent": 4},
        steps=2500,
        judge="sounds",
        about={"title": TITLES["sounds-autoencoder"]} | MADE,
    ),
    "sounds-latent": SoundRecipe(
        data=sounds,
        samples=16_384,
        spec="sounds-autoencoder",
        net={"type": "DiT", "width": 160, "depth": 6, "heads": 4, "patch": 2},
        steps=5000,
        batch=32,
        schedule="LinearBeta",
        scale=1.3,
        judge="sounds",
        about={"title": TITLES["sounds-latent"]} | MADE,
    ),
    "environment": SoundRecipe(
        data=data.environment,
        samples=32_768,
        spec=MelSpec(16_000, n_fft=1024, hop_length=256, mean=-38.0, std=18.0),
        net=ROWS,
        steps=6900,
        early=(1000,),
        batch=32,
        scale=2.0,
        between=(0.3, 5.0),
        about={
            "title": TITLES["environment"],
            "data": "ESC-10 (Piczak 2015) at commit 553c8f1, folds 1 to 4",
            "licence": "weights CC BY 3.0, as the data set: name ESC-10 by K. J. "
            "Piczak and those who recorded it, who stand in credits.txt beside them",
        },
    ),
    "notes": SoundRecipe(
        data=lambda split: data.notes(split, vary=split == "train"),
        samples=16_384,
        spec=MelSpec(16_000, n_fft=2048, n_mels=128, mean=-53.0, std=23.0),
        net=ROWS,
        steps=6500,
        batch=32,
        about={
            "title": TITLES["notes"],
            "data": "227 notes of 14 instruments, played at seven pitches each",
            "licence": "weights CC BY 3.0, as the recordings that ask for most: name "
            "those who recorded them, who stand in credits.txt beside them",
        },
    ),
    "digits-vocoder": FineRecipe(
        data=digits,
        samples=6400,
        spec=MelSpec(8000, n_fft=512, hop_length=160, n_mels=32),
        ear=DIGITS,
        net=ROWS,
        steps=6424,
        batch=32,
        sampler_steps=4,
        judge="digits",
        about={"title": TITLES["digits-vocoder"]} | SPOKEN,
    ),
    "digits-enhance": EnhancerRecipe(
        data=data.noisy,
        samples=6400,
        spec=Spectrum(
            8000, size=(0.46, 0.72, 0.38, 0.34, 0.31, 0.28, 0.25, 0.26, 0.17)
        ),
        ear=DIGITS,
        net={"type": "UNet", "channels": (40, 80, 104), "patch": 2, "along": True},
        steps=4000,
        batch=32,
        sigma=2.0,
        bits=8,
        judge="digits",
        about={"title": TITLES["digits-enhance"]} | IN_NOISE,
    ),
    "prompts": PromptRecipe(
        **ASKED,
        clap="clap",
        about={"title": TITLES["prompts"]} | MADE,
    ),
    "clap": ClapRecipe(
        data=functools.partial(scenes, wrong=True),
        **MATCHED,
        hard=True,
        about={"title": TITLES["clap"]} | MADE,
    ),
    "clap-plain": ClapRecipe(
        data=scenes,
        **MATCHED,
        bits=8,
        about={"title": TITLES["clap-plain"]} | MADE,
    ),
    "prompts-clap": HeardRecipe(
        **ASKED,
        about={"title": TITLES["prompts-clap"]} | MADE,
    ),
    "melodies": MelodyRecipe(
        data=data.melodies,
        samples=0,
        spec=None,
        net={"words": 290, "width": 96, "depth": 4},
        steps=1200,
        lr=2e-3,
        about={
            "title": TITLES["melodies"],
            "data": "917 tunes of Ceol Rince na hEireann, training split",
            "licence": f"weights CC BY 4.0, as the tunes: {CREDIT}",
        },
    ),
    "scenes-listener": ListenerRecipe(
        data=known_scenes,
        samples=32_768,
        spec=MelSpec(
            16_000, n_fft=512, hop_length=160, n_mels=80, mean=-55.0, std=23.0
        ),
        net={},
        steps=3000,
        batch=64,
        about={"title": TITLES["scenes-listener"]} | MADE,
    ),
    "engines": WatchRecipe(
        data=engines,
        samples=16_384,
        spec=ENGINES,
        net={"type": "UNet", "channels": (32, 56, 88), "patch": 2},
        steps=3000,
        bits=8,
        about={"title": TITLES["engines"]} | MADE,
    ),
}

# where they stop: as `bench.stops` found it, but for drums-fast
FAST = {
    "digits-fast": ("digits", 2000, 500, ((), (0.8,), (0.9, 0.8, 0.1))),
    "sounds-fast": ("sounds-latent", 2000, 500, ((), (0.8,), (0.8, 0.7, 0.1))),
    "drums-fast": ("drums", 1500, 400, ((), (0.5,), (0.8, 0.5, 0.25))),
}
RECIPES |= {
    name: learned_from(RECIPES[teacher], teacher, TITLES[name], *lesson)
    for name, (teacher, *lesson) in FAST.items()
}
