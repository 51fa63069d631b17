"""ABC notation, read into bars; every complaint knows its line and column.

Ours, since no library that is kept reads ABC and says where a file is wrong. After the
ABC standard 2.1 (abcnotation.com/wiki/abc:standard:v2.1), as far as one voice goes:
sections 3 (fields) and 4 (the tune's body).
"""

import re
from fractions import Fraction

from .abc_bars import LONGEST, Bar, Heard

NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SHARPS = "FCGDAEB"
MODES = {  # how many fifths above major of the same tonic
    "": 0, "maj": 0, "ion": 0, "m": -3, "min": -3, "aeo": -3, "dor": -2, "phr": -4,
    "lyd": 1, "mix": -1, "loc": -5,
}  # fmt: skip
BENT = {"^": 1, "^^": 2, "=": 0, "_": -1, "__": -2}
TUPLETS = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}  # so many in the time of
TOKENS = re.compile(
    r"""(?P<skip>[ \t`\\*;$]|"[^"\n]*"|![^!|\n]*!|!$|[~.H-Wh-w]|y\d*|\{[^{}\n]*\})
    |(?P<inline>\[(?P<field>[A-Za-z]):(?P<told>[^\]\n]*)\])
    |(?P<bar>:*\|[|\]:]*|\[\||:{2,})
    |(?P<ending>\[(?=\d)|(?<=[|:])(?=\d))(?P<turns>\d(?:-\d)?(?:,\d(?:-\d)?)*)
    |(?P<note>(?P<bent>\^\^?|__?|=)?(?P<letter>[A-Ga-g])(?P<octave>[,']*))
    |(?P<rest>[zx])|(?P<bars>[ZX])
    |(?P<open>\[)|(?P<close>\])|(?P<tie>-)
    |\((?P<tuplet>[2-9])(?::(?P<time>\d?))?(?::(?P<many>\d{0,3}))?
    |(?P<slur>[()])|(?P<broken>>{1,3}|<{1,3})""",
    re.VERBOSE,
)
MOST = 7200  # quarter notes, of one note
FASTEST = 1000  # quarter notes a minute
LENGTH = re.compile(r"(\d{0,9})(?:(/{1,9})(\d{0,9}))?")  # longer ones are none
FIELD = re.compile(r"([A-Za-z]):(.*)")


class Wrong(Exception):
    """What is wrong in column `column`, from 1, of a line."""

    def __init__(self, what: str, column: int):
        super().__init__(what)
        self.what, self.column = what, column


class Reading:
    """One tune, line by line. bars, tempo, title: what was found so far."""

    def __init__(self):
        self.bars, self.title, self.tempo = [Bar()], "", None
        self.key, self.bent, self.voice = None, {}, None
        self.meter, self.unit = Meter(4, 4), None
        self.chord, self.swing, self.left, self.ratio = None, None, 0, None
        self.written, self.held = {}, {}  # pitches by what they were without accidental

    def line(self, text: str) -> None:
        """One line of the file. Raises `Wrong`."""
        if text.startswith("%%"):
            return
        text = re.sub(r"(?<!\\)%.*", "", text).rstrip()
        if found := FIELD.match(text):
            self.told(found[1], found[2], 3)
        elif text and self.key is None:
            raise Wrong("notes before the key: a line such as K:D is missing", 1)
        else:
            self.notes(text)

    def told(self, name: str, value: str, column: int) -> None:
        """A field, such as K:D."""
        said, value = value, value.strip()
        column += len(said) - len(said.lstrip())
        if name == "T":
            self.title = self.title or value
        elif name == "M":
            self.meter = meter(value, column)
        elif name == "L":
            self.unit = fraction(value, column, "a length of notes")
        elif name == "Q" and self.tempo is None:
            self.tempo = tempo(value, column, self.length)
        elif name == "K":
            self.key, self.bent = key(value, column), {}
        elif name == "V":
            voice = (value.split() or [""])[0]
            if self.voice not in (None, voice):
                raise Wrong("a second voice; only one can be read", column)
            self.voice = voice

    @property
    def length(self) -> Fraction:
        """Of a note without a number, in quarter notes."""
        usual = Fraction(1, 16 if self.meter < Fraction(3, 4) else 8)
        return 4 * (self.unit or usual)

    def notes(self, text: str) -> None:
        at = 0
        while at < len(text):
            found = TOKENS.match(text, at)
            if not found:
                raise Wrong(f"{text[at]!r} is no note and no sign of ABC", at + 1)
            column, kind, at = at + 1, found.lastgroup, found.end()
            for kind in ("inline", "bar", "turns", "note", "rest", "bars", "open",
                         "close", "tie", "tuplet", "broken"):  # fmt: skip
                if found[kind] is not None:
                    at = getattr(self, f"_{kind}")(found, text, at, column)
                    break
        if self.chord is not None:
            raise Wrong("a chord that is not closed by ]", self.chord[0])

    def long(self, text: str, at: int) -> tuple[Fraction, int]:
        """The length that is written there, in quarter notes; and where it ends."""
        found = LENGTH.match(text, at)
        top, slashes, below = found.groups("")
        divisor = int(below) if below else 2 ** len(slashes)
        if (top and int(top) == 0) or divisor == 0:
            raise Wrong("a length of zero", at + 1)
        return self.length * int(top or 1) / divisor, found.end()

    def put(self, pitches: list[int], beats: Fraction, column: int) -> None:
        """A note, a chord or a rest, as long as tuplets and > before it say."""
        if self.left:
            beats, self.left = beats * self.ratio, self.left - 1
        if self.swing is not None:
            beats, self.swing = beats * self.swing, None
        if beats > MOST:
            raise Wrong(f"longer than {MOST} quarter notes", column)
        if len(self.bars[-1].heard) == LONGEST:
            raise Wrong(f"more than {LONGEST} notes without a bar line", column)
        self.bars[-1].heard.append(Heard(pitches, beats))
        self.held = {}

    def _inline(self, found, text, at, column):
        self.told(found["field"], found["told"], column + 3)
        return at

    def _bar(self, found, text, at, column):
        if self.chord is not None:
            raise Wrong("a chord that is not closed by ]", self.chord[0])
        sign, before = found["bar"], self.bars[-1]
        self.bent = {}
        if before.heard or before.turns:
            if len(self.bars) == LONGEST:
                raise Wrong(f"more than {LONGEST} bars", column)
            self.bars.append(Bar())
            before.back |= sign.startswith(":")
        elif len(self.bars) > 1:
            self.bars[-2].back |= sign.startswith(":")
        self.bars[-1].start |= sign.endswith(":")
        thick = "||" in sign or "[" in sign or "]" in sign
        if thick and len(self.bars) > 1:
            self.bars[-2].double = True
        return at

    def _turns(self, found, text, at, column):
        turns = set()
        for part in found["turns"].split(","):
            low, _, high = part.partition("-")
            turns |= set(range(int(low), int(high or low) + 1))
        if self.bars[-1].heard:
            self.bars.append(Bar())
        self.bars[-1].turns = turns
        return at

    def _note(self, found, text, at, column):
        letter, octave = found["letter"], found["octave"]
        name = letter.upper()
        if found["bent"]:
            self.bent[name] = BENT[found["bent"]]
        bent = self.bent.get(name, self.key.get(name, 0))
        plain = 60 + NATURAL[name] + 12 * letter.islower()
        plain += 12 * (octave.count("'") - octave.count(","))
        pitch = plain + bent
        if not found["bent"]:  # a tie keeps its accidental across the bar
            pitch = self.held.get(plain, pitch)
        if not 0 <= pitch <= 127:
            raise Wrong(f"{found['note']} is out of range", column)
        beats, at = self.long(text, at)
        if self.chord is None:
            self.put([pitch], beats, column)
            self.written = {plain: pitch}
        else:
            self.chord[1].append(pitch)
            self.chord[2].append(beats)
        return at

    def _rest(self, found, text, at, column):
        beats, at = self.long(text, at)
        self.put([], beats, column)
        return at

    def _bars(self, found, text, at, column):
        beats, at = self.long(text, at)
        self.put([], beats / self.length * 4 * self.meter, column)
        return at

    def _open(self, found, text, at, column):
        if self.chord is not None:
            raise Wrong("a chord in a chord", column)
        self.chord = column, [], []
        return at

    def _close(self, found, text, at, column):
        if self.chord is None:
            raise Wrong("] without [", column)
        (_, pitches, beats), self.chord = self.chord, None
        if not pitches:
            raise Wrong("a chord without notes", column)
        after, at = self.long(text, at)
        self.put(pitches, beats[0] * after / self.length, column)
        return at

    def _tie(self, found, text, at, column):
        if self.chord is None and self.bars[-1].heard:
            self.bars[-1].heard[-1].tied, self.held = True, self.written
        return at

    def _tuplet(self, found, text, at, column):
        many = int(found["tuplet"])
        odd = 3 if self.meter.unit == 8 and self.meter.beats % 3 == 0 else 2
        time = int(found["time"] or TUPLETS.get(many, odd))
        if time == 0:
            raise Wrong("notes in the time of none", column)
        self.ratio, self.left = Fraction(time, many), int(found["many"] or many)
        return at

    def _broken(self, found, text, at, column):
        if not self.bars[-1].heard or self.swing is not None:
            raise Wrong(f"{found['broken']} without a note before it", column)
        short = Fraction(1, 2 ** len(found["broken"]))
        ways = [2 - short, short]
        first, self.swing = ways if found["broken"][0] == ">" else ways[::-1]
        self.bars[-1].heard[-1].beats *= first
        return at


def fraction(text: str, column: int, what: str) -> Fraction:
    """A number such as 1/8, above 0."""
    if not re.fullmatch(r"\d{1,9}(/\d{1,9})?", text) or 0 in map(int, text.split("/")):
        raise Wrong(f"{text[:20]!r} is not {what}, such as 1/8", column)
    return Fraction(text)


class Meter(Fraction):
    """How long a bar is, in whole notes, but 6/8 is not 3/4: its beats are eighths."""

    def __new__(cls, beats: int, unit: int):
        made = super().__new__(cls, beats, unit)
        made.beats, made.unit = beats, unit
        return made


def meter(text: str, column: int) -> Meter:
    """Of 6/8, (2+3)/8, C and C|."""
    if text in ("", "none", "C", "C|"):
        return Meter(4, 4)
    found = re.fullmatch(r"\(?(\d{1,9}(?:\+\d{1,9})*)\)?/(\d{1,9})", text)
    beats = sum(int(n) for n in found[1].split("+")) if found else 0
    if not beats or int(found[2]) == 0:
        raise Wrong(f"{text[:20]!r} is no meter, such as 6/8", column)
    return Meter(beats, int(found[2]))


def tempo(text: str, column: int, length: Fraction) -> float | None:
    """Quarter notes a minute; None where only words stand."""
    bare = re.sub(r'"[^"]*"', "", text).strip()
    if not bare:
        return None
    beat, equals, number = bare.rpartition("=")
    if not re.fullmatch(r"\s*\d{1,9}(\.\d{1,9})?\s*", number) or float(number) == 0:
        raise Wrong(f"{text[:20]!r} is no tempo, such as 1/4=120", column)
    if not equals or beat.strip() == "C":
        beats = length
    else:
        beats = 4 * sum(fraction(p, column, "a beat") for p in beat.split())
    found = float(number) * float(beats)
    if not 1 <= found <= FASTEST:
        raise Wrong(f"{found:g} quarter notes a minute; from 1 to {FASTEST}", column)
    return found


def key(text: str, column: int) -> dict[str, int]:
    """By how many semitones each letter is bent; text: such as Em, Bb, D mix, A ^g."""
    if text in ("", "none"):
        return {}
    if text in ("HP", "Hp"):
        return {"F": 1, "C": 1}
    found = re.match(r"([A-G])([#b]?)\s*([A-Za-z]*)", text)
    if not found or (mode := found[3].lower()[:3]) not in MODES:
        mode = "" if found and re.match(r"(exp|clef|octave)", found[3]) else None
    if mode is None:
        raise Wrong(f"{text!r} is no key, such as Em", column)
    fifths = SHARPS.index(found[1]) - 1 + MODES[mode]
    fifths += {"#": 7, "b": -7, "": 0}[found[2]]
    bent = {} if found[3] == "exp" else dict.fromkeys(SHARPS[: max(0, fifths)], 1)
    bent |= dict.fromkeys(SHARPS[::-1][: max(0, -fifths)], -1) if not bent else {}
    for sign, letter in re.findall(r"(\^\^?|__?|=)([A-Ga-g])", text[found.end() :]):
        bent[letter.upper()] = BENT[sign]
    return bent
