"""A model's files: weights, never unpickled, and a card that vouches for them."""

import json
import os
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from ..digest import digest
from .stored import stored

EARS = {"A": "ear-a.safetensors", "B": "ear-b.safetensors"}
EARLY = "early.safetensors"  # a snapshot of the same training


class Card(dict):
    """What is known of a model: recipe, data, cost, metrics, licence."""

    def _repr_markdown_(self) -> str:
        rows = (f"| {key} | {value} |" for key, value in flat(self))
        return "\n".join(["| | |", "|---|---|", *rows])

    def __repr__(self) -> str:
        return f"<card: {self.get('title', 'a model')}>"


def save(
    folder: str | Path, net: nn.Module, settings: dict, card: dict, bits: int = 16
) -> Path:
    """Write `model.safetensors` and `card.json`, which holds its digest.

    bits: of a stored weight, 16 or 8 (`stored`).
    The card first: weights that are there always have one. Raises ValueError if they
    cannot be written; weights that were there before are then kept.
    """
    folder = Path(folder)
    file, new = folder / "model.safetensors", folder / "model.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_weights(new, net, settings, bits)
        try:
            write_card(folder, card, new.name)
            os.replace(new, file)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise ValueError(f"folder: could not write to {folder} ({error})") from error
    return file


def write_weights(file: Path, net: nn.Module, settings: dict, bits: int = 16) -> Path:
    """Weights and settings, in one move. Raises ValueError on failure."""
    weights = stored(net.state_dict(), bits)
    part = file.with_suffix(".part")
    try:
        save_file(weights, part, metadata={"settings": json.dumps(settings)})
        part.chmod(0o644)  # safetensors writes for the owner alone
        os.replace(part, file)
    except (OSError, SafetensorError) as error:
        part.unlink(missing_ok=True)
        where = file.parent
        raise ValueError(f"folder: could not write to {where} ({error})") from error
    return file


def write_card(
    folder: str | Path, card: dict, weights: str = "model.safetensors"
) -> None:
    """Write `card.json` beside the weights, with the digests of all that lies there."""
    folder = Path(folder)
    card = {**card, "sha256": digest([folder / weights])}
    for file in map(folder.joinpath, [*EARS.values(), EARLY]):
        if file.is_file():
            card[file.stem] = digest([file])
    part = folder / "card.part"
    try:
        part.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
        os.replace(part, folder / "card.json")
    except OSError:
        part.unlink(missing_ok=True)
        raise


def verify(file: Path, expected: str | None) -> None:
    """Raise ValueError unless `file` is what its card says it is."""
    if not file.is_file() or digest([file]) != expected:
        raise ValueError(
            f"{file.name} of {file.parent.name!r} was altered or cut short: its digest "
            "is not the one in its card. Fetch or train it again"
        )


def settings_in(file: Path) -> dict:
    """The settings in the header of a safetensors file; nothing is ever unpickled."""
    with safe_open(file, "pt") as weights:
        return json.loads(weights.metadata()["settings"])


def card_in(folder: Path) -> dict:
    """What `card.json` says. Raises ValueError for none, and for one with mistakes."""
    file = folder / "card.json"
    if not file.is_file():
        raise ValueError(f"{folder} has weights but no {file.name}")
    content, wrong = file.read_bytes(), "it does not hold a list of keys and values"
    try:
        text = content.decode("utf-8-sig")  # Windows' editors begin with a mark
        card = json.loads(text)
        if isinstance(card, dict):
            return card
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig")
        wrong = f"{at(before)}: a letter that is not UTF-8; save it as UTF-8"
    except json.JSONDecodeError as error:
        wrong = f"{at(text[: error.pos])}: {error.msg}"
    raise ValueError(
        f"{file.name} of {folder.name!r} was altered or cut short: {wrong}"
    )


def at(before: str) -> str:
    """Line and column of what comes after some text."""
    return (
        f"line {before.count(chr(10)) + 1}, column {len(before.split(chr(10))[-1]) + 1}"
    )


def flat(card: dict, prefix: str = ""):
    """(key, value) pairs of a nested dict, keys joined by a dot."""
    for key, value in card.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
