"""Choose the tunes of the test: `MINIDIFF_DATA=... python tools/melody_split.py`.

Writes minidiff/data/melodies-test.txt, in some four minutes: the titles of every third
of the tunes that resemble no other. Irish tunes live in variants, under other names, in
other keys, with other ornaments: split at random, most tunes of a test would have one
in training. Two tunes resemble each other if they share

* their title, but for numbers, brackets and "The", or their number in the collection;
* a tenth of the two bars (four of a polka) that begin at any half bar of either: found
  again in the other, beginning anywhere, four in five eighths on the same note, counted
  from the key note or as they are, in any octave.
"""

import re
from collections import Counter

import torch

from minidiff.data.melodies import TEST, read

KEYNOTES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
EIGHTH = 12  # ticks
LONG = {"jig": 12, "slide": 12, "slip jig": 18}  # eighths in two bars; else 16
SAME, SHARED = 0.8, 0.1
EVERY = 3


def named(title: str) -> str:
    """A title without what tells versions apart."""
    title = re.sub(r"[(\[].*?[)\]]|, the\b|^the ", "", title.lower())
    return " ".join(re.sub(r"[^a-z ]", "", title).split())


def eighths(tune: dict, keynote: bool) -> torch.Tensor:
    """What sounds in the middle of each eighth, (n,): 0 to 11, 12 for a rest."""
    low = KEYNOTES[tune["key"][0]] if keynote else 0
    ticks = [(p - low) % 12 if p else 12 for p, n in tune["notes"] for _ in range(n)]
    return torch.tensor(ticks[EIGHTH // 2 :: EIGHTH])


def windows(tune: dict, keynote: bool) -> torch.Tensor:
    """All two bars, (n, length * 13), as ones and zeros: products count agreement."""
    long = LONG.get(tune["rhythm"], 16)
    notes = eighths(tune, keynote).unfold(0, long, 1)
    return torch.nn.functional.one_hot(notes, 13).flatten(1).float()


def shared(some: list[int], tunes: list[dict], keynote: bool) -> torch.Tensor:
    """How much of tune i, of `some`, is found again in tune j: (len(some), tunes)."""
    found = torch.zeros(len(some), len(tunes))
    for long in {LONG.get(t["rhythm"], 16) for t in tunes}:
        like = [j for j, t in enumerate(tunes) if LONG.get(t["rhythm"], 16) == long]
        whole = {j: windows(tunes[j], keynote) for j in like}
        owner = torch.cat([torch.full((len(whole[j]),), j) for j in like])
        pool = torch.cat(list(whole.values()))
        for row, i in enumerate(some):
            if i in whole:
                mine = whole[i][:: long // 4]
                same = (mine @ pool.T >= SAME * long).float()
                hits = torch.zeros(len(mine), len(tunes)).index_add_(1, owner, same)
                found[row] = (hits > 0).float().mean(0)
                found[row, i] = 0
    return found


def alone(tunes: list[dict]) -> list[int]:
    """The tunes that resemble no other."""
    everyone = list(range(len(tunes)))
    either = torch.stack([shared(everyone, tunes, k) for k in (True, False)]).amax(0)
    most = torch.maximum(either, either.T).amax(0)
    titles = Counter(named(t["title"]) for t in tunes)
    numbers = Counter(t["source"] for t in tunes if t["source"])
    return [
        i
        for i, t in enumerate(tunes)
        if most[i] < SHARED
        and titles[named(t["title"])] == 1
        and numbers[t["source"]] <= 1
    ]


def main():
    tunes = read()
    test = alone(tunes)[1::EVERY]
    titles = "".join(f"{tunes[i]['title']}\n" for i in test)
    TEST.write_text(titles, "utf-8", newline="\n")
    print(f"{len(test)} of {len(tunes)} tunes are for the test:")
    print(Counter(tunes[i]["rhythm"] for i in test))


if __name__ == "__main__":
    main()
