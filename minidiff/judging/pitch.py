"""Is a note the one that was asked for? Its pitch, measured by pYIN."""

import math

import torch
import torchaudio.functional as AF
from jaxtyping import Float, Int
from torch import Tensor

CLOSE = 50.0  # cents: half of the way to the next key
HEARD = 0.75  # seconds from the beginning


def cents_off(
    waves: Float[Tensor, "n samples"], midi: Int[Tensor, " n"], sample_rate: int
) -> Float[Tensor, " n"]:
    """How far each note is from the wanted MIDI number, in cents; NaN without a pitch.

    The median over time of pYIN (Mauch & Dixon 2014), which may look two octaves up and
    down, so that octave errors are found as such.
    """
    from librosa import pyin  # here: it takes its time

    off, waves = [], waves[:, : round(HEARD * sample_rate)]
    for wave, number in zip(waves, midi.tolist(), strict=True):
        hertz = 440 * 2 ** ((number - 69) / 12)
        # a period of few samples is found an octave too low: have more of them
        more = 4 if hertz > 800 else 1
        found, voiced, _ = pyin(
            AF.resample(wave, sample_rate, more * sample_rate).double().numpy(),
            sr=more * sample_rate,
            fmin=max(25, hertz / 4),
            fmax=min(0.44 * sample_rate, hertz * 4),
            frame_length=4096 if hertz < 100 else 2048,
        )
        found = torch.from_numpy(found)[torch.from_numpy(voiced)]
        middle = found.median().item() if len(found) else math.nan
        off.append(1200 * math.log2(middle / hertz))
    return torch.tensor(off)


def in_tune(
    waves: Float[Tensor, "n samples"], midi: Int[Tensor, " n"], sample_rate: int
) -> dict:
    """Share of notes within 50 cents, and within 50 cents of a wrong octave."""
    off = cents_off(waves, midi, sample_rate)
    octave = 1200 * (off / 1200).round()
    close = (off - octave).abs() <= CLOSE  # NaN is not
    share = (close & (octave == 0)).double().mean().item()
    error = math.sqrt(share * (1 - share) / len(off))
    return {
        "n": len(off),
        "in_tune": round(share, 4),
        "in_tune_error": round(error, 4),
        "wrong_octave": round((close & (octave != 0)).double().mean().item(), 4),
    }
