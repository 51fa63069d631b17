"""Zip the prepared sets: `MINIDIFF_DATA=... python tools/release_data.py --out FOLDER`.

Each set becomes one zip of the data release, with its README and the addresses of its
licences. Their digests, and those of the files in them, are printed and written to
minidiff/data/digests/, by which the package knows what it downloads. Whoever changes a
set changes the tag in minidiff/data/prepared.py too: what was released stays.

The same files make the same bytes, everywhere and every time: names in order, one date,
one mode, and nothing compressed. FLAC and Vorbis are small already, and what deflate
makes of the rest differs from one zlib to the next.
"""

import argparse
import hashlib
import os
import zipfile
from pathlib import Path

from make_examples import LICENCES

from minidiff.data.files import files_in
from minidiff.data.prepared import DIGESTS, TAG

SETS = {  # the licences that have an address; README and labels.csv say whose they are
    "environment": ["CC BY 3.0", "CC0 1.0"],
    "instrument-notes": ["CC BY 3.0", "CC0 1.0", "MIT"],
    "noise": ["CC BY 3.0", "CC BY 4.0", "CC0 1.0"],
    "melodies": ["CC BY 4.0"],
}
WORDS = (".md", ".txt")  # for people: a copy at hand may have them otherwise


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a prepared set, in order of their names."""
    files, bad = files_in(folder)
    if bad or not files:
        raise ValueError(f"{folder} is no whole set: {bad or 'no files'}")
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def licences(name: str) -> bytes:
    """What stands in LICENCES.txt: CC BY asks for its address beside every copy."""
    lines = [f"{each}: {LICENCES[each]}" for each in SETS[name]]
    head = "README.md and, where there is one, labels.csv say which file has which."
    return "\n".join([head, "", *lines, ""]).encode()


def pack(name: str, files: dict[str, bytes], out: Path) -> None:
    """A zip with one folder, called as the set is."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for file, content in sorted((files | {"LICENCES.txt": licences(name)}).items()):
            info = zipfile.ZipInfo(f"{name}/{file}")  # of 1980, the first year it has
            info.create_system = 3  # Unix, wherever this runs
            info.external_attr = 0o100644 << 16
            archive.writestr(info, content)


def table(files: dict[str, bytes]) -> str:
    """Digests and names, as the program sha256sum writes and checks them."""
    lines = (f"{hashlib.sha256(each).hexdigest()}  {f}" for f, each in files.items())
    return "\n".join([*lines, ""])


def make(data: Path, out: Path) -> str:
    """The zips in `out`, all tables in the package; returns the table of the zips."""
    out.mkdir(parents=True, exist_ok=True)
    zips = {}
    for name in SETS:
        files = contents(data / name)
        pack(name, files, out / f"{name}.zip")
        zips[f"{name}.zip"] = (out / f"{name}.zip").read_bytes()
        read = {f: each for f, each in files.items() if not f.endswith(WORDS)}
        write(name, table(read))
    write("zips", table(zips))
    return table(zips)


def write(name: str, text: str) -> None:
    DIGESTS.mkdir(exist_ok=True)
    (DIGESTS / f"{name}.sha256").write_text(text, "utf-8", newline="\n")


def main():
    about, details = __doc__.split("\n\n", 1)
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        description=about, epilog=details, formatter_class=raw
    )
    parser.add_argument("--out", type=Path, required=True, help="a folder for the zips")
    out = parser.parse_args().out
    print(make(Path(os.environ["MINIDIFF_DATA"]), out), end="")
    print(f"Release them: gh release create {TAG} {out}/*.zip")


if __name__ == "__main__":
    main()
