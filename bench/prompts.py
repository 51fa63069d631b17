"""How well sounds follow their prompts, and how well a CLAP matches: two tables.

    python -m bench.prompts --models prompts prompts-clap --claps clap clap-plain \\
        --listener scenes-listener --scales 1 2 3 5 --out FOLDER

Each of the names is a model that ships or the folder of one. `prompts.json`: how a
listener finds captions followed (`followed`), by model and scale. `claps.json`: what a
CLAP matches (`matched`). Half of the captions put together what training never did.
"""

import argparse
import json
from pathlib import Path

import minidiff as md
from minidiff.control.listening import followed
from minidiff.control.matched import matched


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="*", default=[])
    parser.add_argument("--claps", nargs="*", default=[])
    parser.add_argument("--listener", help="needed for --models")
    parser.add_argument("--scales", type=float, nargs="*", default=[3.0])
    parser.add_argument("--n", type=int, default=360)
    parser.add_argument("--device", default=str(md.device()))
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    test = md.data.scenes(args.n, "test", seed=3)

    def keep(name, rows):
        print(name, rows, flush=True)
        (args.out / f"{name}.json").write_text(json.dumps(rows, indent=1) + "\n")

    if args.claps:
        found = {Path(name).name: matched(md.load(name), test) for name in args.claps}
        keep("claps", found)
    rows = {}
    for name in args.models:
        model, listening = md.load(name), md.load(args.listener)
        for scale in args.scales:
            options = {"scale": scale, "device": args.device}
            row = followed(model, listening, test, args.n, **options)
            rows[f"{Path(name).name}, scale {scale:g}"] = row
            keep("prompts", rows)


if __name__ == "__main__":
    main()
