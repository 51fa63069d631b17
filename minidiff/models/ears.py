"""The ears of the models: files beside the weights, and vouched for by the card."""

from pathlib import Path

from safetensors.torch import load_file

from ..judging.ear import Ear
from ..nets.judge import Judge
from ..sound.mel import MelSpec
from . import shelf
from .card import card_in, settings_in, verify, write_card, write_weights


def save_ear(ear: Ear, folder: str | Path) -> Path:
    """Write `judge.safetensors` (float16) into `folder`, and its digest into the card.

    Raises ValueError if there is a card, and it is not of the model beside it.
    """
    folder = Path(folder)
    file = folder / "judge.safetensors"
    write_weights(file, ear.judge, ear.spec.settings())
    if (folder / "card.json").is_file():
        card = card_in(folder)
        verify(folder / "model.safetensors", card.get("sha256"))
        write_card(folder, card)
    return file


def load_ear(name: str, spec: MelSpec) -> Ear:
    """The judge that ships for a model, in `weights/NAME/judge.safetensors`.

    Raises ValueError for weights that are not those of the model's card, and for a
    `spec` of other mels than it was trained on.
    """
    file = shelf.WEIGHTS / name / "judge.safetensors"
    verify(file, card_in(file.parent).get("judge"))
    MelSpec(**settings_in(file)).check(spec, "spec", f"the judge of {name}")
    weights = load_file(file)
    weights = {key: value.float() for key, value in weights.items()}
    judge = Judge(classes=len(weights["out.2.bias"]))
    judge.load_state_dict(weights)
    return Ear(judge, spec)
