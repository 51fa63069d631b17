"""Pack recordings into arrays: `python tools/pack.py --out FOLDER`.

For machines that can decode no sound, such as a bare one with a GPU: there
MINIDIFF_DATA points to FOLDER. The recordings are those at hand, or fetched.
"""

import argparse
import shutil
from importlib import import_module
from pathlib import Path

from minidiff.data import fetch, pack, prepared
from minidiff.data.clips import decoded

SETS = {"fsdd/recordings": ("digits", ".wav"), "drum-machines": ("drums", ".ogg")}
PREPARED = ("noise",)  # sets of this project's release, each with its table


def main(out: Path):
    for name, (module, suffix) in SETS.items():
        source = import_module(f"minidiff.data.{module}")
        asked = source.REPOSITORY, source.COMMIT, name, source.DIGEST, suffix
        files = fetch.recordings(*asked)
        root = fetch.place(name, source.COMMIT)
        names = {file.relative_to(root).as_posix(): file for file in files}
        write(out / f"{name}{pack.SUFFIX}", names, source.DIGEST)
    for name in PREPARED:
        folder = prepared.prepared(name)
        names = {row["file"]: folder / row["file"] for row in prepared.rows(folder)}
        packed = out / f"{name}{pack.SUFFIX}"
        write(packed, names, prepared.source(name))
        shutil.copyfile(folder / "labels.csv", packed.with_suffix(".csv"))


def write(packed: Path, names: dict[str, Path], source: str) -> None:
    packed.parent.mkdir(parents=True, exist_ok=True)
    pack.write(packed, names, decoded, source)
    size = packed.stat().st_size / 1e6
    print(f"{packed}: {len(names)} recordings, {size:.1f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    main(parser.parse_args().out)
