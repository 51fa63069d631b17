"""How clean enhanced words are: by their waveforms, by PESQ, and by what ears hear."""

import importlib.util

from jaxtyping import Float, Int
from torch import Tensor

from .ear import Ear
from .fidelity import pesq, si_sdr


def compare(
    made: Float[Tensor, "n samples"],
    clean: Float[Tensor, "n samples"],
    words: Int[Tensor, " n"],
    ratios: Float[Tensor, " n"],
    ears: dict[str, Ear],
) -> dict[str, dict[str, float]]:
    """The numbers of enhanced words, for each ratio at which they were noisy.

    made: what became of the noisy words. clean: the recordings. words: their classes.
    ratios: dB, as in the data set `noisy`. Gives {"0_db": {...}, "5_db": ...} with n,
    si_sdr in dB and its standard error, pesq (1 to 4.5, narrow-band), and recognised,
    the share of words that an ear names right; ear B's ends in `_b`. Raises ValueError
    without the package pesq.
    """
    if importlib.util.find_spec("pesq") is None:
        raise ValueError("this needs the package pesq: pip install pesq")
    rate = next(iter(ears.values())).sample_rate
    heard = {letter: ear.label(made) == words for letter, ear in ears.items()}
    rows = {}
    for ratio in ratios.unique().tolist():
        at = ratios == ratio
        gain = si_sdr(made[at], clean[at])
        rows[f"{ratio:g}_db"] = {
            "n": int(at.sum()),
            "si_sdr": round(gain.mean().item(), 2),
            "si_sdr_error": round((gain.std() / len(gain) ** 0.5).item(), 2),
            "pesq": round(pesq(made[at].clamp(-1, 1), clean[at], rate), 3),
        }
        for letter, right in heard.items():
            key = "recognised" if letter == "A" else f"recognised_{letter.lower()}"
            rows[f"{ratio:g}_db"][key] = round(right[at].double().mean().item(), 4)
    return rows
