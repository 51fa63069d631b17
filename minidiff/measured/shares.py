"""Rows of shares, in words: with their errors, beside a guess, beside each other.

A row has "metrics", "error" and "asked", and where it is of several trainings "spread"
and "seeds", as `bench.prompts` writes them. path: the keys to one share in each.
"""

import math

FEW = 30  # asked of each training: below that a share is shown as counts


def part(row: dict, name: str, path: tuple[str, ...]):
    """What a row says of one share, or None."""
    found = row.get(name)
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def share(row: dict, *path: str, few: int = FEW) -> str:
    """A share with its standard error and, in brackets, the spread between trainings.

    Of few the counts; of what was never asked a dash.
    """
    p, e, n, between = (
        part(row, name, path) for name in ("metrics", "error", "asked", "spread")
    )
    if p is None:
        return "–"
    if e is None:
        return f"{p:.0%}"
    if n < few * row.get("seeds", 1):
        return f"{p * n:.0f} of {n}"
    return f"{p:.0%} ± {e:.0%}" + ("" if between is None else f" ({between:.0%})")


def table(rows: dict[str, dict], kinds: dict[str, str], *path: str) -> str:
    """A table of shares in Markdown. kinds: the last key of each -> the words above."""
    lines = [f"| | {' | '.join(kinds.values())} |", "|---" * (len(kinds) + 1) + "|"]
    for title, row in rows.items():
        cells = (share(row, *path, kind) for kind in kinds)
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def beside(row: dict, *path: str, guess: float = 0.5) -> str:
    """Whether a share is more than two errors from that of a guess, in words."""
    p, e = (part(row, name, path) for name in ("metrics", "error"))
    if p is None:
        return "never asked"
    if abs(p - guess) <= 2 * e:
        return f"not told from a guess ({guess:.0%})"
    return f"{'better' if p > guess else 'worse'} than a guess ({guess:.0%})"


def lead(row: dict, other: dict, *path: str) -> str:
    """How far a share of one row is above that of another, in words.

    Between trainings too the means may err: by their spread over the root of how many.
    """
    ends, errors = [], []
    for one in (row, other):
        ends.append(part(one, "metrics", path))
        between = part(one, "spread", path) or 0.0
        errors += [part(one, "error", path), between / math.sqrt(one.get("seeds", 1))]
    if None in ends:
        return "never asked"
    far, two = ends[0] - ends[1], 2 * math.hypot(*errors)
    if abs(far) <= two:
        return f"not told apart ({100 * far:+.0f} points; two errors: {100 * two:.0f})"
    return f"{'ahead' if far > 0 else 'behind'} by {100 * abs(far):.0f} points"
