"""A card's numbers as one table: recorded, training, front end, made, for both ears."""

ROWS = {
    "recorded": "recorded, held out",
    "training": "as many training sounds",
    "front_end": "these through the front end",
    "made": "made by the model",
}


def table(metrics: dict) -> str:
    """Markdown, from what `evaluate` found: rows of crowds, columns of both ears."""
    ears = sorted(key for key in metrics if key.startswith("ear_"))
    heads = ["recognised", "Fréchet", "kernel", "precision, recall"]
    head = [f"{e[-1].upper()}: {what}" for what in heads for e in ears]
    lines = ["| | n | " + " | ".join(head) + " |", "|---" * (len(head) + 2) + "|"]
    for name, title in ROWS.items():
        rows = [metrics[ear][name] for ear in ears]
        cells = [cell(row) for cell in CELLS for row in rows]
        n = metrics["n"][name]
        lines.append(f"| {title} | {n} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def recognised(row: dict) -> str:
    return f"{row['recognised']:.1%} ± {row['recognised_error']:.1%}"


def frechet(row: dict) -> str:
    if "frechet" not in row:
        return ""
    return f"{row['frechet']:.3g} ± {row['frechet_spread']:.2g}"


def kernel(row: dict) -> str:
    if "kernel" not in row:
        return ""
    return f"{row['kernel']:.2g} ± {row['kernel_spread']:.1g}"


def covered(row: dict) -> str:
    if "recall" not in row:
        return ""
    return f"{row['precision']:.2f}, {row['recall']:.2f}"


CELLS = [recognised, frechet, kernel, covered]
