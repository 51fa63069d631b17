"""Sheets of music: melodies out of ABC and MIDI files, for `md.render`."""

import io
from dataclasses import dataclass
from pathlib import Path

from .. import valid
from .abc_bars import melody, played
from .abc_notes import FASTEST, FIELD, Reading, Wrong

TEMPO = 120.0  # quarter notes a minute, where a file does not say
DRUMS = 9  # the channel of drums in General MIDI


@dataclass(frozen=True)
class Sheet:
    """A melody as triples (pitch, beats, start), in quarter notes, with its tempo.

    tempo: quarter notes a minute. title: what the file calls it, or its name.
    """

    melody: list[tuple[int, float, float]]
    tempo: float
    title: str


def read(file: str | Path, tune: int = 1) -> Sheet:
    """The melody of a file, `.abc` or `.mid`.

    tune: which one of an ABC file, from 1; a MIDI file is one. Repeats are played out,
    chords are notes at once, grace notes are left out; of MIDI all channels but that of
    the drums count. Raises ValueError, with line and column (of MIDI: track and byte),
    for a file that cannot be read, holds no such tune or no note, or has another
    ending.
    """
    file = valid.path(file, "tune")
    if not file.is_file():
        raise ValueError(f"tune: there is no file {file.absolute()}")
    kind = file.suffix.lower()
    if kind == ".abc":
        content = file.read_bytes()
        try:
            sheet = of_abc(content.decode("utf-8-sig"), tune, file.name)
        except UnicodeDecodeError as error:
            line, column = place(content[: error.start].decode("utf-8-sig"))
            raise wrong(file.name, line, column, "a letter that is not UTF-8") from None
    elif kind in (".mid", ".midi"):
        numbered(tune, file.name, 1)
        sheet = of_midi(file)
    else:
        raise ValueError(f"tune: {file.name}: expected .abc or .mid, got {kind!r}")
    if not sheet.melody:
        raise ValueError(f"tune: {file.name} holds no note")
    return sheet


def numbered(tune: int, name: str, most: int) -> int:
    """Raise ValueError unless a file has a tune of that number."""
    return valid.whole(tune, f"tune: its number in {name}", 1, most)


def wrong(name: str, line: int, column: int, what: str) -> ValueError:
    return ValueError(f"tune: {name}, line {line}, column {column}: {what}")


def place(before: str) -> tuple[int, int]:
    """Line and column of what comes after some text, from 1."""
    lines = before.split("\n")
    return len(lines), len(lines[-1]) + 1


def of_abc(text: str, tune: int = 1, name: str = "the text") -> Sheet:
    """One tune of a text in ABC notation; see `read`."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    begins = [k for k, line in enumerate(lines) if line.startswith("X:")]
    if not begins:
        raise wrong(name, 1, 1, "no tune begins here: a line such as X:1 is missing")
    first = begins[numbered(tune, name, len(begins)) - 1]
    reading = Reading()
    for k, line in enumerate(lines):
        above = k < begins[0] and FIELD.match(line)  # for all tunes of the file
        if k > first and (k in begins or not line.strip()):
            break
        if k == first or (k < first and not above):
            continue
        try:
            reading.line(line)
        except Wrong as error:
            raise wrong(name, k + 1, error.column, error.what) from None
    if reading.key is None:
        raise wrong(name, first + 1, 1, "the tune has no key: a line such as K:D")
    try:
        bars = played(reading.bars)
    except ValueError as error:
        raise wrong(name, first + 1, 1, f"{error}, with its repeats") from None
    tempo = reading.tempo or TEMPO
    return Sheet(melody(bars), tempo, reading.title or name)


def of_midi(file: Path) -> Sheet:
    """A MIDI file; see `read`. Changes of tempo are played, at the first one's beat."""
    import mido  # here: `import minidiff` does not wait for it

    content = io.BytesIO(file.read_bytes())
    try:
        midi = mido.MidiFile(file=content)
        messages = list(midi)  # in seconds, all tracks merged
        tempos = [m.tempo for m in messages if m.type == "set_tempo"]
        if 0 in tempos:
            raise ValueError("a beat of no length")
        if midi.ticks_per_beat < 0:
            raise ValueError("its times are frames of a film, not beats")
        tempo = 60e6 / tempos[0] if tempos else TEMPO
        if not 1 <= tempo <= FASTEST:
            raise ValueError(f"{tempo:g} quarter notes a minute; from 1 to {FASTEST}")
    except Exception as error:  # half a file can fail at anything
        at = content.tell()
        track = content.getvalue()[:at].count(b"MTrk")
        what = str(error) or "it ends too soon"
        raise ValueError(
            f"tune: {file.name}, track {track}, byte {at}: no MIDI that can be read "
            f"({what})"
        ) from error
    now, open_since, made = 0.0, {}, []

    def end(key):
        start = open_since.pop(key)
        if now > start:
            made.append((key[1], (now - start) * tempo / 60, start * tempo / 60))

    for message in messages:
        now += message.time
        if message.type not in ("note_on", "note_off") or message.channel == DRUMS:
            continue
        key = message.channel, message.note
        if key in open_since:
            end(key)
        if message.type == "note_on" and message.velocity > 0:
            open_since[key] = now
    for key in list(open_since):
        end(key)
    return Sheet(sorted(made, key=lambda n: (n[2], n[0])), tempo, file.stem)
