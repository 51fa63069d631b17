"""The recipes of the models that ship."""

import functools

from torch.utils.data import Dataset

from .. import data
from ..data.digits import COMMIT as SPEECH
from ..data.digits import DIGEST as SPEECH_DIGEST
from ..data.drums import COMMIT as HITS
from ..data.drums import DIGEST as HITS_DIGEST
from ..sound.mel import MelSpec
from ..sound.waveform import Waveform
from .recipe import AutoencoderRecipe, Recipe, SoundRecipe, VocoderRecipe
from .shelf import TITLES

DIGITS = MelSpec(8000, n_fft=512, hop_length=160, n_mels=64)
SOUNDS = MelSpec(16_000, n_fft=1024, hop_length=256, mean=-55.0, std=23.0)
SPOKEN = {
    "data": f"Free Spoken Digit Dataset at commit {SPEECH[:7]}, training split",
    "data_sha256": SPEECH_DIGEST,
    "licence": (
        "weights CC BY-SA 4.0, as the recordings: name the Free Spoken Digit "
        "Dataset and share changed weights alike. The sounds resemble six real "
        "people; do not pass them off as theirs"
    ),
}
MADE = {
    "data": "the procedural sound garden, made by this package",
    "licence": "weights MIT, as the code that makes the sounds",
}


def digits(split: str) -> Dataset:
    return data.digits(split, samples=6400)


def sounds(split: str, train: int = 3600) -> Dataset:
    return data.sounds({"train": train, "test": 360}[split], split)


RECIPES: dict[str, Recipe] = {
    "digits": SoundRecipe(
        data=digits,
        samples=6400,
        spec=DIGITS,
        net={"type": "UNet", "channels": (32, 64, 128)},
        steps=20_000,
        batch=32,
        about={"title": TITLES["digits"]} | SPOKEN,
    ),
    "sounds": SoundRecipe(
        data=functools.partial(sounds, train=10_800),
        samples=16_384,
        spec=SOUNDS,
        net={"type": "UNet", "channels": (48, 96, 128), "patch": 2, "along": True},
        steps=24_000,
        scale=3.0,
        between=(1.0, 11.0),
        judge_steps=600,
        about={"title": TITLES["sounds"]} | MADE,
    ),
    "environment": SoundRecipe(
        data=data.environment,
        samples=32_768,
        spec=MelSpec(16_000, n_fft=1024, hop_length=256, mean=-38.0, std=18.0),
        net={"type": "UNet", "channels": (48, 96, 128), "patch": 2, "along": True},
        steps=12_000,
        batch=32,
        scale=1.5,
        about={
            "title": TITLES["environment"],
            "data": "ESC-10, folds 1 to 4",
            "licence": "weights CC BY 3.0, as the recordings: K. J. Piczak, ESC-10",
        },
    ),
    "notes": SoundRecipe(
        data=lambda split: data.notes(split, vary=split == "train"),
        samples=16_384,
        spec=MelSpec(16_000, 2048, 256, n_mels=128, mean=-52.0, std=23.0),
        net={"type": "UNet", "channels": (48, 96, 128), "patch": 2, "along": True},
        steps=12_000,
        batch=32,
        scale=1.5,
        about={
            "title": TITLES["notes"],
            "data": "284 notes of 14 instruments, four fifths of them, varied",
            "licence": "weights CC BY 3.0, as the recordings: tonejs-instruments by "
            "N. P. Brosowsky and others, FluidR3 GM by Frank Wen (MIT)",
        },
    ),
    "drums": SoundRecipe(
        data=lambda split: data.drums(split, samples=8192, vary=split == "train"),
        samples=8192,
        spec=Waveform(16_000, std=0.12),
        ear=MelSpec(16_000, n_fft=512, hop_length=128, mean=-65.0, std=22.0),
        net={"type": "UNet", "dims": 1, "channels": (16, 32, 48, 64, 96, 128)},
        steps=5000,
        scale=1.0,
        about={
            "title": TITLES["drums"],
            "data": f"drum-machines at commit {HITS[:7]}, eight machines, varied",
            "data_sha256": HITS_DIGEST,
            "licence": "weights MIT; the recordings are in the public domain",
        },
    ),
    "digits-vocoder": VocoderRecipe(
        data=digits,
        samples=6400,
        spec=DIGITS,
        net={"type": "UNet", "channels": (16, 32, 48, 64, 96)},
        steps=6000,
        batch=8,
        sampler_steps=12,
        judge="digits",
        about={"title": TITLES["digits-vocoder"]} | SPOKEN,
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
        steps=15_000,
        batch=32,
        schedule="LinearBeta",
        scale=1.3,
        judge="sounds",
        about={"title": TITLES["sounds-latent"]} | MADE,
    ),
}
