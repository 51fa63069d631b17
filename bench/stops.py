"""Where a model of few steps shall stop on its way: found on the training split.

    python -m bench.stops digits-fast --model results/digits-fast            # a look
    python -m bench.stops digits-fast --model results/digits-fast --write    # and keep

One stop after the other is added where both ears then hear the sounds nearest to one
half of the training recordings, as Song et al. 2023 do it, and the others
stay: two steps have one stop after the first, four have three. The yardstick of each
ear is as many recordings of the other half. All crowds are made from the same seeds.
`--write` keeps the stops beside the weights; write those that it prints into the
recipe, too.
"""

import argparse
import json
from pathlib import Path

import torch

from bench.settings import Bench
from minidiff.judging.distance import frechet
from minidiff.models.card import save
from minidiff.models.model import device, load
from minidiff.models.recipes import RECIPES

PLACES = tuple(i / 10 for i in range(1, 10))
COUNTS = (1, 2, 4)  # steps that a model learns


class Trial:
    """Hears a model with any stops. worth: of a crowd, 1 for recordings."""

    def __init__(self, bench: Bench, model):
        self.bench, self.model, self.known = bench, model, {}
        self.begin = model.settings["stops"]["1"][0]
        drawn = bench.waves[bench.drawn]
        self.yardstick = {letter: self.far(letter, drawn) for letter in bench.ears}

    def far(self, letter: str, waves) -> float:
        told = self.bench.ears[letter].embed(waves.clamp(-1, 1))
        return frechet(told, self.bench.rest[letter])

    def worth(self, after: tuple[float, ...]) -> float:
        """Mean over the ears of the distance, in yardsticks."""
        if after not in self.known:
            steps = len(after) + 1
            stops = {str(steps): [self.begin, *after]}
            self.model.settings |= {"stops": stops}
            crowd = [
                self.model.generate(c, self.bench.each, steps, seed=c * self.bench.each)
                for c in range(self.bench.classes)
            ]
            waves = torch.cat(crowd)
            shares = [self.far(k, waves) / far for k, far in self.yardstick.items()]
            self.known[after] = sum(shares) / len(shares)
            print(after, round(self.known[after], 3), flush=True)
        return self.known[after]


def search(worth, counts=COUNTS, places=PLACES) -> dict[int, tuple[float, ...]]:
    """For each number of steps the stops after the first, found one by one."""
    best, found = (), {}
    for steps in range(1, max(counts) + 1):
        if steps > 1:
            tried = [(*best, place) for place in places if place not in best]
            best = min((tuple(sorted(x, reverse=True)) for x in tried), key=worth)
        if steps in counts:
            found[steps] = best
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="of the recipe")
    parser.add_argument("--model", type=Path, required=True, help="its folder")
    parser.add_argument("--each", type=int, default=15, help="sounds of a class")
    parser.add_argument("--write", action="store_true", help="keep them with the model")
    args = parser.parse_args()
    model = load(args.model, device())
    settings = dict(model.settings)
    trial = Trial(Bench(args.name, args.each), model)
    trial.worth(())
    found = search(trial.worth)
    for steps, after in found.items():
        line = {"steps": steps, "after the first": after}
        print(json.dumps(line | {"yardsticks": round(trial.worth(after), 3)}))
    if args.write:
        stops = {str(n): [trial.begin, *after] for n, after in found.items()}
        model.denoiser.cpu()
        card = {k: v for k, v in model.card.items() if k not in ("metrics", "evaluate")}
        net, bits = model.denoiser.net, RECIPES[args.name].bits
        save(args.model, net, settings | {"stops": stops}, card, bits)


if __name__ == "__main__":
    main()
