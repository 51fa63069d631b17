"""What can be trained and what ships: names and titles, known without torch."""

from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights"
TITLES = {
    "digits": "A spoken digit, zero to nine, in one of six voices",
    "sounds": "Twelve sounds of the garden, rain to hi-hat",
    "drums": "Nine kinds of drum-machine hits, as complex spectra",
    "drums-waveform": "Nine kinds of drum-machine hits, as waveforms",
    "digits-vocoder-64": "From 64 bands of a spoken digit straight to its waveform",
    "sounds-autoencoder": "Mels of the garden, as latents a quarter the size",
    "sounds-latent": "Twelve sounds of the garden, by way of latents",
    "environment": "Ten real sounds around us, rain to chainsaw",
    "notes": "Single notes of fourteen instruments, C1 to C8",
    "digits-vocoder": "From 32 bands of a spoken digit to its waveform",
    "digits-enhance": "Spoken digits, taken out of the noise around them",
    "prompts": "Scenes of the garden, asked for in words",
    "clap": "How well a caption fits a scene of the garden",
    "clap-plain": "The same, never told what is nearly right",
    "prompts-clap": "Scenes asked for in words, learned from sounds alone",
    "melodies": "Irish dance tunes, note by note, for `notes` to play",
    "scenes-listener": "Which sounds are in a scene, and how: it judges prompts",
    "engines": "Engines of the garden in good order, rain behind them",
    "digits-fast": "A spoken digit in one, two or four steps",
    "sounds-fast": "Twelve sounds of the garden in one, two or four steps, by latents",
    "drums-fast": "Nine kinds of drum-machine hits, in one, two or four steps",
}


def shipped() -> list[str]:
    """Names of the models that come with the package."""
    return sorted(f.parent.name for f in WEIGHTS.glob("*/model.safetensors"))


def told_apart(what: str, given: str | None) -> None:
    """Raise ValueError for a model that ships and has the name of a folder here."""
    if given in shipped() and trained_in(given):
        raise ValueError(
            f"{what}: {given} is a model that ships and a folder of yours; write "
            f"./{given} for yours, or go to another folder for the one that ships"
        )


def trained_in(folder: str) -> bool:
    """Whether a training has left something in this folder."""
    files = ("model.safetensors", "checkpoint.pt")
    return any((Path(folder) / file).is_file() for file in files)
