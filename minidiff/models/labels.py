"""Labels: from what a caller writes to the numbers that a net was taught."""

import warnings

import torch
from torch import Tensor

from .. import valid


class Classes:
    """What may be asked of a model that learned classes.

    settings: the model's. names: the classes by label.
    """

    def __init__(self, settings: dict):
        self.names: dict[str, list[str]] = settings["labels"]
        self.counts, self.ranges = settings["counts"], settings.get("ranges")

    def asked(self, texts: list[str]) -> dict[str, str]:
        """What a shell's words ask for: a main class, or as in `pitch=69` another's.

        Raises ValueError for a class that there is not, and a label asked for twice.
        """
        main, found = next(iter(self.names)), {}
        for text in texts:
            name, _, choice = text.partition("=")
            if name not in self.names or text in self.names[main]:
                name, choice = main, text
            if name in found:
                raise ValueError(f"label: {name} was asked for twice, {text!r} is one")
            found[name] = valid.choice(choice, self.names[name], name)
        return found

    def read(self, cond, n: int, dice: list) -> dict[str, Tensor]:
        """int64 labels (n,) by name; those not given are drawn, one draw an item."""
        if cond is not None and not isinstance(cond, dict):
            cond = {next(iter(self.names)): cond}
        for name in cond or {}:
            valid.choice(name, self.names, "cond")
        labels, known = {}, self.ranges
        for name, names in self.names.items():
            share = torch.tensor(self.counts[name], dtype=torch.float64)
            shares = within(share, name, labels, self.names, known, n)
            pairs = zip(shares, dice, strict=True)
            drawn = torch.cat([torch.multinomial(p, 1, generator=g) for p, g in pairs])
            given = (cond or {}).get(name)
            labels[name] = drawn if given is None else indices(given, names, n, name)
        if said := beyond(labels, self.names, known):
            warnings.warn(said, stacklevel=4)  # past `generate` and no_grad
        return labels


def count(n: int, *given) -> int:
    """How many sounds are meant: n, or as many as some list of what is given holds."""
    if n != 1:
        return n
    lists = [x for g in given for x in (g.values() if isinstance(g, dict) else [g])]
    return max([1, *(len(x) for x in lists if isinstance(x, list | tuple))])


def indices(given, names: list[str], n: int, what: str) -> Tensor:
    """Class names or numbers, one or n of them, as int64 (n,).

    Where the names count, "24" to "108" say, a number is meant as a name. Raises
    ValueError for other numbers that could be meant as another class's name; in a
    tensor, of whole numbers, they never are.
    """
    plain = isinstance(given, Tensor)
    if plain and given.is_floating_point():
        raise ValueError(f"{what}: a tensor holds numbers of classes, int64")
    given = given.tolist() if plain else given
    given = list(given) if isinstance(given, list | tuple) else [given] * n
    if len(given) != n:
        raise ValueError(f"{what}: expected {n} labels, got {len(given)}")
    first = 0 if plain else counted(names)
    meant = {int(name): i for i, name in enumerate(names) if digits(name)}
    for i, label in enumerate(given):
        if isinstance(label, str):
            given[i] = names.index(valid.choice(label, names, what))
            continue
        low = first or 0
        if first is None:  # 1 may be meant as "1" or "01", and be the number of another
            label = valid.whole(label, what, 0, len(names) - 1)
            if (other := meant.get(label, label)) != label:
                raise ValueError(
                    f"{what}: {label} is a class's name, and the number of another: "
                    f"give the name as text, {names[other]!r}"
                )
        given[i] = valid.whole(label, what, low, low + len(names) - 1) - low
    return torch.tensor(given, dtype=torch.int64)


def counted(names: list[str]) -> int | None:
    """The first of names that are whole numbers in a row; None for other names."""
    if not digits(names[0]):
        return None
    first = int(names[0])
    return first if names == [str(first + i) for i in range(len(names))] else None


def digits(name: str) -> bool:
    """Whether a name is a whole number."""
    return name.isascii() and name.isdigit()


def counting(names: dict[str, list[str]]) -> set[str]:
    """Which labels, beside the main one, have classes that are numbers in a row."""
    return {name for name in list(names)[1:] if counted(names[name]) is not None}


def ranges(labels: dict[str, Tensor], names: dict[str, list[str]]) -> dict:
    """From which to which number each main class was heard, by label that counts."""
    main = next(iter(names))
    found = {name: {} for name in names if name in counting(names)}
    for name in found:
        for k in labels[main].unique().tolist():
            numbers = labels[name][labels[main] == k] + counted(names[name])
            low, high = numbers.aminmax()
            found[name][names[main][k]] = [low.item(), high.item()]
    return found


def beyond(
    labels: dict[str, Tensor], names: dict[str, list[str]], known: dict | None
) -> str:
    """What to say of labels outside the `ranges` that were learned; "" of none."""
    main, said = next(iter(names)), {}
    for name, of in (known or {}).items():
        first = counted(names[name])
        for k, i in zip(labels[main].tolist(), labels[name].tolist(), strict=True):
            kind = names[main][k]
            low, high = of[kind]
            if not low <= first + i <= high:
                said[f"{kind}, {name} {first + i} ({low} to {high})"] = None
    if not said:
        return ""
    return f"beyond what was learned, and so a guess: {'; '.join(said)}"


def within(
    share: Tensor,
    name: str,
    labels: dict[str, Tensor],
    names: dict[str, list[str]],
    known: dict | None,
    n: int,
) -> list[Tensor]:
    """How often each class of the label `name` is drawn, for each of n items.

    As often as in training; of a label that counts, only in the range in which the
    item's main class was heard.
    """
    if name not in (known or {}):
        return [share] * n
    main = next(iter(names))
    numbers, shares = torch.arange(len(share)) + counted(names[name]), []
    for k in labels[main].tolist():
        low, high = known[name][names[main][k]]
        shares.append(torch.where((numbers >= low) & (numbers <= high), share, 0.0))
    return shares
