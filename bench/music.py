"""A tune played by a model, and by recordings: is it in tune, in time, of one voice?

    python -m bench.music --tunes 20 --instruments flute violin piano  # 11 minutes

Tunes of the test split, their first bars, at the tempo that is written. Beside the
model stand the recordings themselves: for every note the nearest one of the instrument,
bent to its pitch, cut to its length, faded at its end. They are struck where it is
written; the model plays as `render` does, with a player's small variety, soft notes
begun a little early. One voice: how far, in ear B's embedding, two notes of a tune lie
apart, from one noise for all of them and from one each, and of recordings of these
pitches. The table goes to minidiff/measured/music.json. With --coherence instead, to
coherence.json: how much of a written reel returns, bar by bar, and of a recorded one,
both cut at as many bars; a minute.
"""

import argparse
import json
from itertools import combinations
from pathlib import Path

import torch
from torch import Tensor

from bench.variations import on_one_line, share_error
from minidiff import data
from minidiff.control.playing import released, render
from minidiff.control.tune import timed
from minidiff.data.clips import fitted, resampled
from minidiff.data.scores import BARS
from minidiff.judging.played import played
from minidiff.judging.runs import returns
from minidiff.measured import FOLDER
from minidiff.models.ears import load_ears
from minidiff.models.model import load
from minidiff.models.run import machine


def until(tune: list, beats: float) -> list:
    """The notes of a tune that end within so many beats."""
    part, now = [], 0.0
    for note in tune:
        if now + note[1] > beats + 1e-6:
            break
        part.append(note)
        now += note[1]
    return part


def fitting(tune: list, low: int, high: int, beats: float) -> list:
    """The beginning of a tune, moved by octaves into a range; empty if none fits."""
    part = until(tune, beats)
    pitches = [p for p, _ in part if p is not None]
    for up in (0, -12, 12, -24, 24):
        if min(pitches) + up >= low and max(pitches) + up <= high:
            return [(None if p is None else p + up, b) for p, b in part]
    return []


class Recorded:
    """Plays with the recordings of the training split."""

    def __init__(self):
        self.notes = data.notes("train", samples=4 * 16_000)
        self.rate = self.notes.sample_rate

    def play(self, melody: list, tempo: float, instrument: str) -> Tensor:
        score, seconds = timed(melody, tempo)
        made = torch.zeros(1, round(seconds * self.rate))
        for note in score:
            wave = released(self.note(note.pitch, instrument), note.seconds, self.rate)
            at = round(note.start * self.rate)
            made[0, at : at + len(wave)] += wave[: made.shape[1] - at]
        return made / max(1.0, made.abs().max().item() / 0.99)

    def note(self, pitch: int, instrument: str) -> Tensor:
        """The nearest note of an instrument, bent to a pitch."""
        mine = self.notes.labels[:, 0] == self.notes.names.index(instrument)
        known = self.notes.labels[:, 1] + int(self.notes.label_names["pitch"][0])
        k = int(torch.where(mine, (known - pitch).abs(), 10_000).argmin())
        speed = 2 ** ((pitch - int(known[k])) / 12)
        return resampled(self.notes.waves[k], round(speed * self.rate), self.rate)


def voice(model, ear, pitches: list[int], instrument: str, steps: int, own: bool):
    """How far notes of one instrument lie apart, from one noise or from one each."""
    waves = [
        model.generate(
            {"instrument": instrument, "pitch": p}, 1, steps, seed=i if own else 0
        )
        for i, p in enumerate(pitches)
    ]
    return apart(ear.embed(torch.cat(waves)))


def apart(embedded: Tensor) -> float:
    pairs = combinations(range(len(embedded)), 2)
    far = [(embedded[a] - embedded[b]).norm().item() for a, b in pairs]
    return round(sum(far) / len(far), 3)


def coherence(n: int, most: int = 12, bars: int = 24) -> dict[str, dict]:
    """How much of a reel is as it was 1, 2, ... bars before, by the same seed or tune.

    n: of the written ones; of the recorded ones all of the test split. Each is cut at
    so many bars; shorter ones stay as they are, those of `most` bars or less are left
    out. "each": of every reel, how many bars it then has, and how much of it is as it
    was eight bars before.
    """
    writer, test = load("melodies"), data.melodies("test")
    reels = [t for t, r in zip(test.tunes, test.rhythms, strict=True) if r == "reel"]
    crowds = {
        "written": [writer.write("reel", bars, seed=i) for i in range(n)],
        "recorded": reels,
        "shuffled": [shuffled(tune, i) for i, tune in enumerate(reels)],
    }
    rows, beats = {}, BARS["reel"] / 24
    for name, tunes in crowds.items():
        cut = [until(tune, bars * beats) for tune in tunes]
        cut = [tune for tune in cut if sum(b for _, b in tune) > most * beats]
        long = [round(sum(b for _, b in tune) / beats, 1) for tune in cut]
        found = torch.tensor([returns(tune, beats, most) for tune in cut])
        metrics, spread = found.mean(0), found.std(0) / len(found) ** 0.5
        rows[name] = {
            "n": len(found),
            "metrics": {str(k + 1): round(metrics[k].item(), 3) for k in range(most)},
            "spread": {str(k + 1): round(spread[k].item(), 3) for k in range(most)},
            "each": {"bars": long, "8": [round(f, 3) for f in found[:, 7].tolist()]},
        }
        print(name, json.dumps(rows[name]), flush=True)
    return rows


def shuffled(tune: list, seed: int) -> list:
    """The same notes in any order: what chance returns."""
    dice = torch.Generator().manual_seed(seed)
    return [tune[i] for i in torch.randperm(len(tune), generator=dice).tolist()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tunes", type=int, default=20)
    parser.add_argument("--beats", type=float, default=16.0)
    parser.add_argument("--instruments", nargs="+", default=["flute", "violin"])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--coherence", type=int, help="of so many reels, only this")
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    if args.coherence:
        content = {
            "again": f"python -m bench.music --coherence {args.coherence}",
            "model": load("melodies").card["sha256"],
            "n": {"bars": 24},
            "rows": coherence(args.coherence),
        }
        text = on_one_line(json.dumps(content, indent=1))
        (args.out / "coherence.json").write_text(text + "\n")
        return
    model, ear, tunes = load("notes"), load_ears("notes")["B"], data.melodies("test")
    recorded, rows = Recorded(), {}
    for instrument in args.instruments:
        low, high = model.asks.ranges["pitch"][instrument]
        fits = [(fitting(t, low, high, args.beats), b)
                for t, b in zip(tunes.tunes, tunes.tempos, strict=True)]  # fmt: skip
        fits = [(tune, bpm) for tune, bpm in fits if tune][: args.tunes]
        ways = {
            "model": lambda t, b, i=instrument: render(model, t, b, i, 0, args.steps),
            "recordings": lambda t, b, i=instrument: recorded.play(t, b, i),
        }
        for name, play in ways.items():
            found = [
                played(play(t, b), model.sample_rate, timed(t, b)[0]) for t, b in fits
            ]
            n = sum(f["n"] for f in found)
            metrics = {
                key: round(sum(f[key] * f["n"] for f in found) / n, 4)
                for key in ("in_tune", "in_time", "both")
            }
            spread = {key: share_error(value, n) for key, value in metrics.items()}
            rows[f"{instrument}, {name}"] = {
                "n": n, "metrics": metrics, "spread": spread, "seeds": 1,
                "machine": machine(model.denoiser),
            }  # fmt: skip
            print(instrument, name, json.dumps(metrics), flush=True)
        pitches = sorted({p for p, _ in fits[0][0] if p is not None})
        samples, rate = model.settings["samples"], model.sample_rate
        real = [fitted(recorded.note(p, instrument), samples, rate) for p in pitches]
        asked = model, ear, pitches, instrument, args.steps
        voices = {
            "one noise": voice(*asked, own=False),
            "a noise each": voice(*asked, own=True),
            "recorded notes": apart(ear.embed(torch.stack(real))),
        }
        for name, far in voices.items():
            rows[f"{instrument}, {name}"] = {
                "n": len(pitches), "metrics": {"apart": far}, "seeds": 1,
            }  # fmt: skip
            print(instrument, name, far, flush=True)
    content = {
        "again": f"python -m bench.music --tunes {args.tunes} --beats {args.beats:g} "
        f"--steps {args.steps} --instruments {' '.join(args.instruments)}",
        "model": model.card["sha256"],
        "rows": rows,
    }
    text = on_one_line(json.dumps(content, indent=1))
    (args.out / "music.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
