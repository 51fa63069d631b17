"""The ears of the data sets: files beside the weights, and vouched for by the card."""

from pathlib import Path

from torch import nn

from .. import valid
from ..judging.ear import Ear
from ..judging.levelled import Levelled
from ..nets.judge import MelJudge, SpectrumJudge
from ..sound.mel import MelSpec
from . import shelf
from .card import EARS, card_in, settings_in, verify, write_card, write_weights
from .stored import weights_in

KINDS = {"A": (MelSpec, MelJudge), "B": (Levelled, SpectrumJudge)}


def new_ear(which: str, spec: MelSpec, classes: int, samples: int) -> Ear:
    """An ear that has heard nothing yet. spec: the mels of ear A; B needs its rate."""
    front, judge = KINDS[valid.choice(which, KINDS, "ear")]
    return Ear(
        judge(classes), spec if front is MelSpec else front(spec.sample_rate), samples
    )


def save_ear(ear: Ear, folder: str | Path) -> Path:
    """Write the ear (float16) into `folder`, and its digest into the card, if any.

    Raises ValueError if there is a card, and it is not of the model beside it.
    """
    folder, kind = Path(folder), (type(ear.front), type(ear.judge))
    file = folder / EARS[next(which for which in KINDS if KINDS[which] == kind)]
    settings = {"front": ear.front.settings(), "samples": ear.samples}
    card = None
    if (folder / "card.json").is_file():  # first: what is there is not lost in vain
        card = card_in(folder)
        verify(folder / "model.safetensors", card.get("sha256"))
    write_weights(file, ear.judge, settings)
    if card:
        write_card(folder, card)
    return file


def load_ear(name: str, which: str = "A") -> Ear:
    """An ear that ships for a data set: `weights/NAME/ear-a.safetensors` or `ear-b`.

    name: of the model that lies in the same folder. Raises ValueError for an unknown
    name or ear, and for weights that are not those of the card.
    """
    front, judge = KINDS[valid.choice(which, KINDS, "ear")]
    folders = [f.parent.name for f in shelf.WEIGHTS.glob(f"*/{EARS[which]}")]
    folder = shelf.WEIGHTS / valid.choice(name, sorted(folders), f"ear {which} of")
    file = folder / EARS[which]
    verify(file, card_in(folder).get(file.stem))
    settings, weights = settings_in(file), weights_in(file)
    net: nn.Module = judge(classes=len(weights["out.2.bias"]))
    net.load_state_dict(weights)
    return Ear(net, front(**settings["front"]), settings["samples"])


def load_ears(name: str) -> dict[str, Ear]:
    """Both ears of a data set, by their letters. Raises what `load_ear` raises."""
    return {which: load_ear(name, which) for which in KINDS}
