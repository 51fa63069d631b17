"""Tunes as ABC notation, which `sheets.read` reads again."""

from collections.abc import Sequence
from fractions import Fraction

from .. import valid
from .abc_notes import NATURAL, key
from .melodies import TICKS
from .scores import BARS, Note

METERS = {
    "reel": "4/4", "jig": "6/8", "hornpipe": "4/4", "polka": "2/4", "slide": "12/8",
    "slip jig": "9/8",
}  # fmt: skip
KEYS = "C", "G", "D", "A", "F", "Bb"
SIGNS = {0: "=", 1: "^", -1: "_"}
ROW = 4  # bars


def abc(tune: Sequence[Note], rhythm: str, title: str) -> str:
    """A tune (pitch, beats) as the text of an ABC file, in the key that fits it best.

    Lengths are whole 24ths of a quarter note. Raises ValueError for an unknown rhythm.
    """
    bar = BARS[valid.choice(rhythm, BARS, "rhythm")]
    name = min(KEYS, key=lambda k: sum(p not in scale(k) for p in pitches(tune)))
    bars, bent, left = [""], key(name, 1), bar
    for pitch, beats in tune:
        ticks = round(beats * TICKS)
        while ticks:
            if not left:
                bars.append("")
                bent, left = key(name, 1), bar
            now = min(ticks, left)
            ticks, left = ticks - now, left - now
            bars[-1] += sign(pitch, bent) + length(now)
            bars[-1] += "-" if ticks and pitch is not None else ""
    rows = [" | ".join(bars[k : k + ROW]) for k in range(0, len(bars), ROW)]
    head = f"X:1\nT:{title}\nR:{rhythm}\nM:{METERS[rhythm]}\nL:1/8\nK:{name}\n"
    return head + " |\n".join(rows) + " |]\n"


def pitches(tune: Sequence[Note]) -> list[int]:
    """The pitches of its notes, all in one octave."""
    return [pitch % 12 for pitch, _ in tune if pitch is not None]


def scale(name: str) -> set[int]:
    """What a key plays without a sign, in one octave."""
    bent = key(name, 1)
    return {(n + bent.get(letter, 0)) % 12 for letter, n in NATURAL.items()}


def sign(pitch: int | None, bent: dict[str, int]) -> str:
    """A note of any length. bent: by how much each letter is, so far in this bar."""
    if pitch is None:
        return "z"
    ways = [(bent.get(k, 0), k) for k in NATURAL] + [
        (n, k) for n in SIGNS for k in NATURAL
    ]
    by, letter = next(w for w in ways if (pitch - w[0] - NATURAL[w[1]]) % 12 == 0)
    accidental = "" if bent.get(letter, 0) == by else SIGNS[by]
    bent[letter] = by
    octave = (pitch - by - NATURAL[letter]) // 12 - 5  # from middle C on
    if octave > 0:
        return accidental + letter.lower() + "'" * (octave - 1)
    return accidental + letter + "," * -octave


def length(ticks: int) -> str:
    """In eighths: nothing for one, 3/2 for a dotted one."""
    eighths = Fraction(ticks, TICKS // 2)
    top, below = eighths.numerator, eighths.denominator
    return (str(top) if top > 1 else "") + (f"/{below}" if below > 1 else "")
