"""Spoken digits: the Free Spoken Digit Dataset (CC BY-SA 4.0), 8 kHz, six speakers."""

import soundfile
import torch
from torch import Tensor
from torch.utils.data import Dataset

from .. import valid
from .fetch import recordings

COMMIT = "26eb9aaf76e81b692f806f9140c2d2777410d7a1"
DIGEST = "45a9b976ba3397a2fd5c70a9f2e43c34f442a3a6be47392ecfc41174b678f37e"
DIGITS = "zero one two three four five six seven eight nine".split()
SPEAKERS = "george jackson lucas nicolas theo yweweler".split()


class Digits(Dataset):
    """(wave, {"digit": int, "speaker": int}); wave (samples,) float32, level as recorded.

    split: "train" (2700) or "test" (300, the recordings with index 0 to 4). Shorter
    recordings are followed by silence, longer ones (2.5 % at the default 0.768 s) fade
    out at the end.
    """

    sample_rate = 8000
    names = DIGITS
    label_names = {"digit": DIGITS, "speaker": SPEAKERS}  # noqa: RUF012

    def __init__(self, split: str = "train", samples: int = 6144):
        valid.choice(split, ("train", "test"), "split")
        self.samples = valid.whole(samples, "samples", 1)
        files = recordings(
            "Jakobovski/free-spoken-digit-dataset", COMMIT, "fsdd/recordings", DIGEST
        )
        waves, labels = [], []
        for file in files:
            digit, speaker, index = file.stem.split("_")
            if (int(index) < 5) == (split == "test"):
                wave, _ = soundfile.read(file, dtype="float32")
                waves.append(fitted(torch.from_numpy(wave), samples))
                labels.append((int(digit), SPEAKERS.index(speaker)))
        self.waves, self.labels = torch.stack(waves), torch.tensor(labels)

    def __len__(self) -> int:
        return len(self.waves)

    def __getitem__(self, i: int) -> tuple[Tensor, dict[str, Tensor]]:
        digit, speaker = self.labels[i]
        return self.waves[i], {"digit": digit, "speaker": speaker}


def fitted(wave: Tensor, samples: int, fade: int = 160) -> Tensor:
    """`wave` (n,) cut or padded to `samples`; a cut end fades out, so it never clicks."""
    if len(wave) < samples:
        return torch.nn.functional.pad(wave, (0, samples - len(wave)))
    wave, fade = wave[:samples].clone(), min(fade, samples)
    wave[-fade:] *= torch.linspace(1, 0, fade)
    return wave
