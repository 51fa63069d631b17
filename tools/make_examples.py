"""Make the real sounds that ship: `MINIDIFF_DATA=... python tools/make_examples.py`.

Writes minidiff/data/examples/: the sounds and table.csv, with licence, credit, origin
and SHA-256 of each; then the tables of README.md and book/responsible-use.md, which are
made from it. `--pages` writes only these, without the data.

What is taken, by rule and not by taste:

digits       index 0 of every digit by every speaker: the first test recording.
drums        of both test machines the longest hit of each kind; the others stay free.
environment  fold 5: two clips of each class by two authors, CC0 before CC BY, then in
             the order of the file names.
notes        of the test notes of each instrument, from low to high, those a third and
             two thirds up the list.
noise        of the test noises coffee-shop and running-tap, the first five seconds.

How it is stored: what is an Ogg file of the right rate already, as it is; what is short
as FLAC, no bigger there than as Vorbis, whose tables alone weigh 3 kB; the rest as
Vorbis of the highest quality. The number of an Ogg stream, drawn at random, is set to
1, so the same program and libraries make the same files.
"""

import argparse
import csv
import hashlib
import io
import os
import shutil
import struct
from pathlib import Path

import soundfile

from minidiff.data.clips import fitted, read
from minidiff.data.digits import COMMIT as FSDD
from minidiff.data.digits import DIGITS, SPEAKERS
from minidiff.data.drums import COMMIT as DRUMS
from minidiff.data.drums import GAIN, TEST, WORDS, drum
from minidiff.data.environment import NAMES, TEST_FOLD
from minidiff.data.example import FOLDER, Example, examples
from minidiff.data.notes import INSTRUMENTS, chosen

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "book" / "responsible-use.md"]
BEGIN, END = "<!-- examples: by tools/make_examples.py -->", "<!-- end of examples -->"
GITHUB = "https://github.com"
ORIGINS = {  # of notes: what labels.csv calls their source -> where that is
    "magenta/lofi-player": "blob/e8e49d2c40169c57e593d83e1c208e58e6557717",
    "maeshchenko/midi-gen": "blob/03750f211859fc8c8d16a25066664b0b05c6b789",
    "adambuttrick/sounds-of-ror": "blob/5555bee13af72e0606cd6dd072177b349b86c1fa",
}
FLUID = "https://packages.debian.org/fluid-soundfont-gm"
LICENCES = {
    "CC0 1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC BY 3.0": "https://creativecommons.org/licenses/by/3.0/",
    "CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC BY-SA 4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "MIT": "https://spdx.org/licenses/MIT.html",
    "public domain": "",
}
SETS = {  # for the README: what, and whom to name
    "digits": ("spoken digits", "Free Spoken Digit Dataset by Z. Jackson and others"),
    "drums": ("drum hits", "drum-machines, collected by smpldsnds"),
    "environment": (
        "clips of animals, weather and machines",
        "ESC-10 by K. J. Piczak; authors of Freesound",
    ),
    "notes": (
        "notes of instruments",
        "Versilian Studios, Karoryfer Samples, University of Iowa, flcellogrl; "
        "tonejs-instruments by N. P. Brosowsky; FluidR3 GM by Frank Wen",
    ),
    "noise": ("background noises", "stephan (SoundBible); Speech Commands by Google"),
}


def digits(data):
    for digit, word in enumerate(DIGITS):
        for speaker in SPEAKERS:
            name = f"recordings/{digit}_{speaker}_0.wav"
            yield {
                "label": word,
                "detail": speaker,
                "licence": "CC BY-SA 4.0",
                "credit": "Free Spoken Digit Dataset by Z. Jackson and contributors",
                "origin": f"{GITHUB}/Jakobovski/free-spoken-digit-dataset/blob/{FSDD}/"
                + name,
                "changes": "none: the same samples as FLAC",
                "source": f"fsdd/{name}",
                "sound": flac(*soundfile.read(data / "fsdd" / name, dtype="int16")),
            }


def drums(data):
    for kind in WORDS:
        for machine in TEST:
            files = sorted((data / "drum-machines" / machine).glob("*.ogg"))
            files = [f for f in files if list(WORDS)[drum(f)] == kind]
            if not files:
                continue
            file = max(files, key=lambda f: soundfile.info(f).duration)
            yield {
                "label": kind,
                "detail": machine,
                "licence": "public domain",
                "credit": "drum-machines, collected by smpldsnds",
                "origin": f"{GITHUB}/smpldsnds/drum-machines/blob/{DRUMS}/"
                f"{machine}/{file.name}",
                "changes": "resampled to 16 kHz, made 0.9 times as loud",
                "source": str(file.relative_to(data)),
                "sound": flac(whole(GAIN * read(file, 16_000)), 16_000),
            }


def environment(data):
    rows = labels(data / "environment")
    rows = [row for row in rows if int(row["fold"]) == TEST_FOLD]
    rows.sort(key=lambda row: (row["licence"] != "CC0", row["file"]))
    for kind in NAMES:
        authors = {}
        for row in rows:
            if row["class"] == kind:
                authors.setdefault(row["author"], row)
        for row in list(authors.values())[:2]:
            source = data / "environment" / row["file"]
            yield {
                "label": kind,
                "detail": row["title"],
                # ESC-10's list links its "CC-BY" to version 3.0
                "licence": {"CC0": "CC0 1.0", "CC-BY": "CC BY 3.0"}[row["licence"]],
                "credit": f"{row['author']} (Freesound), in ESC-10 by K. J. Piczak, "
                "CC BY 3.0",
                "origin": row["url"],
                "changes": "cut to at most 5 s, one channel, resampled to 16 kHz, "
                "silence at the ends cut, Ogg Vorbis",
                "source": f"environment/{row['file']}",
                "sound": ("ogg", source.read_bytes()),
            }


def notes(data):
    rows = chosen(data / "instrument-notes", "test")
    for instrument in INSTRUMENTS:
        own = [row for row in rows if row["instrument"] == instrument]
        for row in (own[len(own) // 3], own[2 * len(own) // 3]):
            place = f"{GITHUB}/{row['source']}/{ORIGINS.get(row['source'])}/"
            author = row["author"].replace("Frank Wen", "FluidR3 GM by Frank Wen")
            through = " (tonejs-instruments)" if "edited by" in author else ""
            short = float(row["recorded_seconds"]) < float(row["seconds"])
            looped = "continued by the sound font's loop, " if short else ""
            wave, rate = soundfile.read(data / "instrument-notes" / row["file"])
            yield {
                "label": instrument,
                "detail": row["note"],
                "pitch": row["midi"],
                "licence": row["licence"].partition(" (upstream")[0],
                "credit": author + through,
                "origin": place + row["origin"] if row["source"] in ORIGINS else FLUID,
                "changes": "one channel, resampled to 16 kHz, cut to at most 3 s, "
                f"faded out, peak at -3 dB, {looped}Ogg Vorbis",
                "source": f"instrument-notes/{row['file']}",
                "sound": vorbis(wave, rate),
            }


def noise(data):
    titles = {
        "coffee-shop": ("Restaurant Ambiance", " (SoundBible), through Blanket"),
        "running-tap": ("running_tap", ""),
    }
    for row in labels(data / "noise"):
        if row["class"] not in titles:
            continue
        assert row["split"] == "test"
        title, through = titles[row["class"]]
        wave = read(data / "noise" / row["file"], 16_000, seconds=5)
        yield {
            "label": row["class"],
            "detail": title,
            "licence": row["licence"].replace("Public Domain", "public domain"),
            "credit": row["author"] + through,
            "origin": row["url"],
            "changes": "one channel, resampled to 16 kHz, made as loud as the others, "
            "its first 5 s, Ogg Vorbis",
            "source": f"noise/{row['file']}",
            "sound": vorbis(fitted(wave, 5 * 16_000, 16_000).numpy(), 16_000),
        }


def labels(folder):
    with open(folder / "labels.csv", encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def whole(wave):
    """Samples as whole numbers of 16 bits."""
    return (32768 * wave).round().clamp(-32768, 32767).short().numpy()


def flac(samples, rate):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="FLAC", compression_level=1.0)
    return "flac", file.getvalue()


def vorbis(wave, rate):
    file = io.BytesIO()
    soundfile.write(file, wave, rate, format="OGG", compression_level=0.0)
    return "ogg", numbered(file.getvalue())


def numbered(ogg, serial=1):
    """An Ogg file whose stream has this number, where a random one stood (RFC 3533)."""
    ogg, start = bytearray(ogg), 0
    while start < len(ogg):
        assert ogg[start : start + 4] == b"OggS"
        table = ogg[start + 27 : start + 27 + ogg[start + 26]]
        end = start + 27 + len(table) + sum(table)
        ogg[start + 14 : start + 18] = struct.pack("<I", serial)
        ogg[start + 22 : start + 26] = bytes(4)
        ogg[start + 22 : start + 26] = struct.pack("<I", crc(ogg[start:end]))
        start = end
    return bytes(ogg)


def crc(page):
    """The checksum of an Ogg page: CRC-32, not reflected, begun with 0."""
    value = 0
    for byte in page:
        value = value << 8 & 0xFFFFFFFF ^ CRC[value >> 24 ^ byte]
    return value


def remainder(value, steps=8):
    for _ in range(steps):
        value = value << 1 ^ (0x104C11DB7 if value >> 31 else 0)
    return value


CRC = [remainder(byte << 24) for byte in range(256)]


def make(data):
    """The sounds and their table, in place of those that are there."""
    made, counts = [], {}
    for collect in (digits, drums, environment, notes, noise):
        for row in collect(data):
            k = counts[row["label"]] = counts.get(row["label"], -1) + 1
            ending, sound = row.pop("sound")
            name = f"{row['label'].replace(' ', '-')}-{k}.{ending}"
            info = soundfile.info(io.BytesIO(sound))
            row |= {
                "k": k,
                "set": collect.__name__,
                "file": f"{collect.__name__}/{name}",
                "sample_rate": info.samplerate,
                "seconds": f"{info.duration:.3f}",
                "sha256": hashlib.sha256(sound).hexdigest(),
            }
            made.append((row, sound))
    for name in {row["set"] for row, _ in made}:
        shutil.rmtree(FOLDER / name, ignore_errors=True)
        (FOLDER / name).mkdir()
    for row, sound in made:
        (FOLDER / row["file"]).write_bytes(sound)
    with open(FOLDER / "table.csv", "w", encoding="utf-8", newline="") as table:
        fields = list(Example.__dataclass_fields__)
        writer = csv.DictWriter(table, fields, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(row for row, _ in made)
    shutil.copy(data / "instrument-notes" / "LICENSE-FluidR3.txt", FOLDER)
    examples.cache_clear()


def table(head, rows):
    return "\n".join(
        f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)
    )


def linked(licence):
    return f"[{licence}]({LICENCES[licence]})" if LICENCES[licence] else licence


def short_table():
    """For the README: a row for each set."""
    rows = []
    for name, (what, whom) in SETS.items():
        own = [e for e in examples() if e.set == name]
        licences = dict.fromkeys(e.licence for e in own)
        rows.append([f"{len(own)} {what}", ", ".join(map(linked, licences)), whom])
    return table(["sounds", "licence", "from"], rows)


def long_table():
    """For the page on responsible use: a row for each who is to be named."""
    groups = {}
    for e in examples():
        groups.setdefault((e.set, e.licence, e.credit), []).append(e)
    rows = []
    for (_, licence, credit), own in groups.items():
        if len(own) > 2:
            sounds = ", ".join(dict.fromkeys(e.label for e in own))
            sounds += f" ({len(own)} recordings)"
        else:
            sounds = ", ".join(f"[{e.label}: {e.detail}]({e.origin})" for e in own)
        rows.append([sounds, linked(licence), credit])
    return table(["sounds", "licence", "by"], rows)


def filled(text, new):
    """A page's text with `new` between the two marks."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{new}\n\n{END}{after}"


def pages():
    """What the pages should read: {path: text}."""
    tables = short_table(), long_table()
    return {p: filled(p.read_text(), t) for p, t in zip(PAGES, tables, strict=True)}


def main():
    about, details = __doc__.split("\n\n", 1)
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        description=about, epilog=details, formatter_class=raw
    )
    parser.add_argument("--pages", action="store_true", help="only the pages' tables")
    if not parser.parse_args().pages:
        make(Path(os.environ["MINIDIFF_DATA"]))
    for path, text in pages().items():
        path.write_text(text)
    files = [file for file in FOLDER.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    print(f"{len(examples())} sounds, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
