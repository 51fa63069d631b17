"""Chapter 17, long sounds and music: the exercises' checks."""

import math

import torch

from .answers import letter, near, number, numbers, tensor
from .check import Choice, Number, Numbers, Wrong, exercise, form


@exercise("ex-17-1", "fill in", minutes=6, trains="a fade that loses nothing")
def faded(answer):
    for n in (5, 64):
        found = answer(n)
        try:
            fall, rise = (tensor(gain) for gain in found)
        except (TypeError, ValueError):
            raise Wrong(
                "Return two gains, the one that falls and the one that rises."
            ) from None
        if fall.shape != (n,) or rise.shape != (n,):
            raise Wrong(f"Each gain has {n} places here, shape ({n},).")
        if (rise.diff() < -1e-9).any():
            raise Wrong("The second one should rise: are the two exchanged?")
        squares = near(fall**2 + rise**2, torch.ones(n))
        if near(fall + rise, torch.ones(n)) and not squares:
            raise Wrong("These sum to 1, and lose 3 dB in the middle.")
        if not squares:
            raise Wrong("Their squares must sum to 1 at every place.")
        if not near(fall, rise.flip(0)):
            raise Wrong("Neither sound should be preferred: one is the other reversed.")
        low, high = (0.35, 0.9) if n == 5 else (0.15, 0.98)
        if rise[0] > low or rise[-1] < high:
            raise Wrong(
                f"From nearly 0 to nearly 1, please: of {n} places yours goes from "
                f"{rise[0]:.2f} to {rise[-1]:.2f}."
            )
        if n == 64 and rise.diff().max() > 0.5:
            raise Wrong("Little by little, please, and not from one place to the next.")
    return "A quarter of a circle: sine and cosine."


@exercise("ex-17-2", "find the bug", minutes=6, trains="windows that cover a sound")
def covered(answer):
    for frames, size, overlap in ((22, 10, 4), (10, 10, 4), (34, 10, 4), (12, 4, 0)):
        found = [round(s) for s in tensor(list(answer(frames, size, overlap))).tolist()]
        hop = size - overlap
        right = [k * hop for k in range((frames - size) // hop + 1)]
        if found == right:
            continue
        asked = f"of {frames} places, windows of {size} that overlap by {overlap}"
        if found and max(found) + size > frames:
            raise Wrong(f"{asked}: the last window would end at {max(found) + size}.")
        if found == right[:-1]:
            raise Wrong(f"{asked}: the last window is missing; `range` ends before.")
        if len(found) > 1 and found[1] == size:
            raise Wrong(f"{asked}: they do not overlap at all.")
        if len(found) > 1 and found[1] == overlap:
            raise Wrong(f"{asked}: the overlap is what they share, not the step.")
        raise Wrong(f"{asked} begin at {right}.")
    return "One more than the steps that fit."


@exercise("ex-17-3", "derive", minutes=12, trains="averaging what is partly alike")
def alike(answer):
    for w, r in ((0.5, 0.0), (0.5, 1.0), (0.3, 0.6), (0.9, -0.5), (0.0, 0.4)):
        found = number(answer(w, r))
        right = w**2 + (1 - w) ** 2 + 2 * w * (1 - w) * r
        if near(found, right):
            continue
        if near(found, w**2 + (1 - w) ** 2):
            raise Wrong("That is for independent sounds: where is the correlation?")
        if near(found, w**2 + (1 - w) ** 2 + w * (1 - w) * r):
            raise Wrong("The mixed term stands there twice: (a + b)^2.")
        if near(found, math.sqrt(max(0.0, right))):
            raise Wrong("The power is asked for, not its root.")
        raise Wrong(f"For w = {w} and correlation {r} the power is {right:.3f}.")
    return "At correlation 1 nothing is lost: that is why windows should share noise."


@exercise("ex-17-4", "predict", minutes=8, trains="what memory a stream needs")
@form(Numbers(2, values=(1, 4, 5, 19, 20, 21, 40, 2343, 2344)))
def under_way(answer):
    pieces, calls = numbers(answer, 2)
    if calls == 1:
        raise Wrong("A window is denoised once at every step.")
    if calls == 40:
        raise Wrong(
            "With guidance the net is asked twice at each step; the window is denoised "
            "once."
        )
    if calls != 20:
        raise Wrong("Calls for one window: one at each step of the walk.")
    if pieces > 100:
        raise Wrong("Of all windows at once so many. The front needs only a few.")
    if pieces in (1, 4, 5):
        raise Wrong("The first can only end when the second is a single step behind.")
    if pieces not in (19, 20, 21):
        raise Wrong("Each is one step behind the one before it.")
    return "However long the sound is."


@exercise("ex-17-5", "extend", minutes=15, trains="copies in any key")
def copied(answer):
    scale = [60, 62, 64, 65, 67, 69, 71, 72]
    moved = [p + 5 for p in scale]
    gaps = "In a row: between the notes of a run there is none that is not in both."
    fall = "Upside down it is another tune: a step up is no step down."
    octave = "A step of an octave is a step as well: it is not 0."
    for a, b, right, wrong, hint in (
        (scale, scale, 8, None, ""),
        (scale, moved, 8, None, ""),
        ([40, *moved[2:6], 41], scale, 4, None, ""),
        ([60, 61, 62], [70, 80, 90], 0, None, ""),
        ([60, 62], [50, 51, 53, 70], 2, None, ""),
        ([60, 62, 64, 65], [60, 62, 63, 65, 66], 3, 4, gaps),
        ([60, 62, 64], [64, 62, 60], 0, 3, fall),
        ([60, 72], [60, 60], 0, 2, octave),
    ):
        found = number(answer(list(a), list(b)))
        if found == right:
            continue
        if found == wrong:
            raise Wrong(hint)
        if b is moved and found < 7:
            raise Wrong("A copy in another key is a copy: compare steps, not pitches.")
        if right and found == right - 1:
            raise Wrong("Of k steps in a row there are k + 1 notes.")
        if right == 0 and found == 1:
            raise Wrong("One note alone is no run: every note is equal in some key.")
        raise Wrong(f"Of {a} and {b} the longest run has {right} notes.")
    return "The package also compares how long each note is (`judging.runs`)."


@exercise("ex-17-6", "listen", minutes=4, trains="hearing nearly 3 dB")
@form(Choice(("A", "B", "C")))
def breathing(answer):
    found = letter(str(answer).strip(" .()"), "ABC")
    if found == "A":
        raise Wrong("Its windows were faded by power: no level is lost.")
    if found == "C":
        raise Wrong("There one window ends and the next begins: nothing is averaged.")
    return "Twice it grows softer by nearly 3 dB, over half a second."


# of neighbours on both sides of a seam, overlap by overlap; tests/exercises finds them
ACROSS = (0.0, 0.507, 0.789, 0.83, 0.862, 0.873, 0.883, 0.887, 0.891)


@exercise("ex-17-7", "vary", minutes=8, trains="how far windows have to overlap")
@form(Number(0, 8, 1))
def enough(answer):
    overlap = number(answer)
    if overlap not in range(9):
        raise Wrong("A whole number of places, at most half a window: 0 to 8.")
    found = ACROSS[int(overlap)]
    said = f"With {overlap:g} places neighbours across the seam have {found:.2f}"
    if found < 0.88:
        raise Wrong(f"{said}. Not yet enough.")
    if overlap > 6:
        raise Wrong(f"{said}. Enough, but fewer would do.")
    return f"{said}: it would take some hundreds of seams to find them by this."
