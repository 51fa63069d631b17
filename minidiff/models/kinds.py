"""What becomes of the file of a model that makes no sounds by itself."""

from collections.abc import Callable

from torch import nn

from ..control.clap import Clap
from ..control.enhance import Enhancer, enhancing
from ..control.listening import Listening
from ..control.writing import Writer
from ..data.scores import Scores
from ..data.tokens import Tokenizer
from ..sound.latents import Latents
from .card import Card


def silent(
    net: nn.Module, settings: dict, card: Card, front: Callable
) -> Latents | Enhancer | Listening | Clap | Writer | None:
    """The model of these settings; None if it is one that makes sounds.

    front: makes the front end that settings describe.
    """
    kind = settings["kind"]
    if kind == "melody":
        return Writer(net, Scores(settings["notes"]), card)
    if kind == "autoencoder":
        return Latents(net, front(settings["spec"]), card)
    if kind == "enhancer":
        way = enhancing(net, front(settings["spec"]), settings)
        return Enhancer(way, settings, card)
    if kind == "listener":
        return Listening(net, front(settings["spec"]), card)
    if kind == "clap":
        tokenizer = Tokenizer(**settings["caption"])
        return Clap(net, front(settings["spec"]), tokenizer, card)
    return None
