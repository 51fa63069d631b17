"""A fair seed for exercise 14.6: one at which a listener hears what was asked.

python -m bench.blind       # some seconds a seed; choose SEED in exercises/ch14.py
"""

import argparse

import minidiff as md
from minidiff.control.listening import Listening, compared
from minidiff.data.captions import parse
from minidiff.exercises.ch14 import BLIND, STEPS


def fair(painter, listening: Listening, seed: int) -> bool:
    """Whether all three are as asked: sounds, relation and, of two, the order."""
    waves = painter.generate(list(BLIND), len(BLIND), steps=STEPS, seed=seed)
    heard = [what for what, _ in listening.heard(waves)]
    return all(
        compared(parse(caption), what)["all"] == [True]
        for caption, what in zip(BLIND, heard, strict=True)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listener", default="scenes-listener", help="or a folder")
    parser.add_argument("--model", default="prompts", help="or a folder")
    parser.add_argument("--seeds", type=int, nargs=2, default=(90, 150))
    args = parser.parse_args()
    painter, listening = md.load(args.model), md.load(args.listener)
    for seed in range(*args.seeds):
        print(seed, "fair" if fair(painter, listening, seed) else "not", flush=True)


if __name__ == "__main__":
    main()
