"""Pack recordings into arrays: `python tools/pack.py --out FOLDER`.

For machines that can decode no sound, such as a bare one with a GPU: there
MINIDIFF_DATA points to FOLDER. The recordings are those at hand, or fetched.
"""

import argparse
from importlib import import_module
from pathlib import Path

from minidiff.data import fetch, pack
from minidiff.data.clips import decoded

SETS = {"fsdd/recordings": ("digits", ".wav"), "drum-machines": ("drums", ".ogg")}


def main(out: Path):
    for name, (module, suffix) in SETS.items():
        source = import_module(f"minidiff.data.{module}")
        asked = source.REPOSITORY, source.COMMIT, name, source.DIGEST, suffix
        files = fetch.recordings(*asked)
        root = fetch.place(name, source.COMMIT)
        packed = out / f"{name}{pack.SUFFIX}"
        packed.parent.mkdir(parents=True, exist_ok=True)
        names = {file.relative_to(root).as_posix(): file for file in files}
        pack.write(packed, names, decoded, source.DIGEST)
        size = packed.stat().st_size / 1e6
        print(f"{packed}: {len(names)} recordings, {size:.1f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    main(parser.parse_args().out)
