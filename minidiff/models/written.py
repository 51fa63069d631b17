"""Long sounds on a disk: written as they come, kept when it is full, gone on with."""

import io
import os
import struct
from collections.abc import Iterator
from pathlib import Path

from torch import Tensor
from tqdm import tqdm

from ..data.clips import write
from . import checkpoint, place
from .lasting import Lasting, allowed

HEAD = 44  # bytes before the samples
PART = ".part"  # how the name of a checkpoint ends
OFTEN = 10.0  # seconds of sound between two checkpoints


class Growing:
    """A mono WAV of 16 bits that can be played at any moment, however far it is.

    samples: how many are there. Where a disk is full, what was whole stays.
    """

    def __init__(self, file: Path, sample_rate: int, samples: int = 0):
        self.file, self.rate, self.samples = file, sample_rate, samples
        if samples == 0:
            file.write_bytes(self.head())
        else:
            self.whole(file.stat().st_size)

    def whole(self, size: int) -> None:
        """Raise ValueError for a file of less than what was written."""
        if size < HEAD + 2 * self.samples:
            part = self.file.with_suffix(PART).name
            raise ValueError(
                f"out: {self.file} is shorter than it was: delete it and {part}"
            )

    def kept(self) -> str:
        return (
            f"{self.samples / self.rate:.1f} s are kept, run the same command to go on"
        )

    def head(self) -> bytes:
        size, rate = 2 * self.samples, self.rate
        form = b"WAVEfmt ", 16, 1, 1, rate, 2 * rate, 2, 16
        return struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", size + 36, *form, b"data", size)

    def add(self, wave: Tensor) -> None:
        """Raises ValueError, which says how much is kept, where the disk is full."""
        numbers = (32767 * wave).round().short().numpy().astype("<i2").tobytes()
        try:
            with open(self.file, "r+b", buffering=0) as file:
                self.whole(file.seek(0, io.SEEK_END))
                end = file.truncate(HEAD + 2 * self.samples)  # of a piece cut short
                file.seek(end)
                if file.write(numbers) != len(numbers):
                    raise OSError("no space left")
                os.fsync(file.fileno())
                self.samples += len(wave)
                file.seek(0)
                file.write(self.head())
        except OSError as error:
            raise ValueError(
                f"out: could not write {self.file} ({error}); {self.kept()}"
            ) from error


def written(
    model, out: Path, stem: str, seconds: float, seeds: range, **ways
) -> Iterator:
    """Long sounds as `STEM-SEED.wav` in the folder `out`, one after another.

    A generator of (file, seconds that are written). Until all are finished, beside each
    stands `STEM-SEED.part`, from which the same command goes on, bit for bit. ways:
    other arguments of `generate`. Raises ValueError where a file cannot be written, is
    another sound, or belongs to another command, one that ended or one that writes it.
    """
    samples = round(allowed(seconds) * model.sample_rate)
    for seed in seeds:
        file = out / f"{stem}-{seed}.wav"
        if samples <= model.settings["samples"]:
            wave = model.generate(seed=seed, seconds=seconds, **ways)[0]
            write(file, (32767 * wave).round().short().numpy(), model.sample_rate)
            yield file, seconds
            continue
        yield from grown(model, file, seconds, seed, ways)
    for seed in seeds:
        checkpoint.drop(out / f"{stem}-{seed}{PART}")


def grown(model, file: Path, seconds: float, seed: int, ways: dict) -> Iterator:
    """One of these."""
    fresh = Lasting(model, seconds, seed=seed, **ways)
    run = {key: str(value) for key, value in ways.items()}
    run |= {"steps": fresh.steps, "seconds": seconds, "seed": seed}
    run |= {"model": model.card.get("sha256")}
    with place.claimed(file):
        found, _ = checkpoint.resume(file.with_suffix(PART), run)
        if found is None and file.exists() and file.stat().st_size > HEAD:
            raise ValueError(f"out: {file} is there already: choose another folder")
        found = found or {"index": 0, "state": None, "samples": 0}
        wav = Growing(file, model.sample_rate, found["samples"])
        if wav.samples == fresh.samples:
            yield file, seconds
            return
        sound = fresh
        if found["state"]:
            sound = Lasting(model, seconds, seed=seed, state=found["state"], **ways)
        yield from pieces(sound, wav, run)


def pieces(sound: Lasting, wav: Growing, run: dict) -> Iterator:
    """The pieces of a sound into its file, and a checkpoint now and then."""
    if wav.samples == 0:
        keep(sound, wav, run)
    due = wav.samples / wav.rate + OFTEN
    for piece in sound:
        wav.add(piece[0])
        done = wav.samples / wav.rate
        ended = wav.samples == sound.samples
        if ended or done >= due:
            keep(sound, wav, run)
            due = done + OFTEN
        yield wav.file, done


def keep(sound: Lasting, wav: Growing, run: dict) -> None:
    """A checkpoint. Raises ValueError where the disk is full."""
    amidst = 0 < wav.samples < sound.samples
    state = {"index": sound.k, "samples": wav.samples}
    state["state"] = sound.state() if amidst else None
    content = {"run": run, "state": state, "seconds": wav.samples / wav.rate}
    try:
        checkpoint.keep(wav.file.with_suffix(PART), content)
    except ValueError as error:
        raise ValueError(f"{error}; {wav.kept()}") from error


def shown(*args, **ways) -> None:
    """`written` with a bar, in seconds of sound."""
    seconds, seeds = allowed(args[3]), args[4]
    total = round(seconds * len(seeds), 1)
    with tqdm(total=total, unit="s", delay=1) as bar:  # no bar above what is refused
        before, at = 0.0, None
        for file, done in written(*args, **ways):
            if file != at:
                before += seconds if at else 0.0
                at = file
                tqdm.write(str(file))
            bar.n = min(total, round(before + done, 1))
            bar.update(0)
