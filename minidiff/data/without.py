"""A data set without some of its classes, for a model that has never heard them."""

from collections.abc import Sequence

from torch.utils.data import Dataset

from .. import valid


class Part(Dataset):
    """Some items of a data set, under its names.

    index: where they stand in it. `credits` and `origin` are kept where there are any,
    `origin` (n,) for these items.
    """

    def __init__(self, whole: Dataset, index: Sequence[int]):
        self.whole, self.index = whole, [int(i) for i in index]
        for key in ("names", "label_names", "sample_rate", "credits"):
            if hasattr(whole, key):
                setattr(self, key, getattr(whole, key))
        if hasattr(whole, "origin"):
            self.origin = whole.origin[self.index]

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, i: int):
        return self.whole[self.index[i]]


def without(dataset: Dataset, label: str, names: Sequence[str]) -> Part:
    """What is left of a data set when these classes of a label are taken out."""
    return parted(dataset, label, names)[0]


def parted(dataset: Dataset, label: str, names: Sequence[str]) -> tuple[Part, Part]:
    """What is left of a data set without these classes of a label, and they.

    The labels keep their numbers. Raises ValueError for a label or a class that the
    data set does not have, and where nothing would be left.
    """
    known = dataset.label_names[valid.choice(label, dataset.label_names, "label")]
    out = {known.index(valid.choice(name, known, label)) for name in names}
    if len(out) == len(known):
        raise ValueError(f"names: without all of {', '.join(known)} nothing is left")
    place = list(dataset.label_names).index(label)
    if hasattr(dataset, "labels"):  # (n,) or (n, labels), without reading the sounds
        column = dataset.labels.view(len(dataset), -1)[:, place].tolist()
    else:
        column = [int(number(dataset[i][1], label)) for i in range(len(dataset))]
    parts = [[], []]
    for i, value in enumerate(column):
        parts[value in out].append(i)
    return Part(dataset, parts[0]), Part(dataset, parts[1])


def number(labels, label: str):
    return labels[label] if isinstance(labels, dict) else labels
