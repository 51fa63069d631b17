"""A card's numbers as a table: recorded, training, front end, made, by one ear."""

ROWS = {
    "recorded": "recorded, held out",
    "training": "as many training sounds",
    "front_end": "these through the front end",
    "made": "made by the model",
}


def table(metrics: dict, ear: str) -> str:
    """Markdown, from what `evaluate` found, of ear "A" or "B": a row for each crowd."""
    head = ["", "n", "recognised", "Fréchet", "of which bias", "kernel"]
    head += ["precision", "recall"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name, title in ROWS.items():
        row = metrics[f"ear_{ear.lower()}"][name]
        cells = [f"{row['recognised']:.1%} ± {row['recognised_error']:.1%}"]
        if name == "recorded":  # from itself it is no distance away
            cells += [""] * 5
        else:
            cells += [
                f"{row['frechet']:.1f} ± {row['frechet_spread']:.1f}",
                f"{row['frechet_bias']:.1f}",
                f"{row['kernel']:.3f} ± {row['kernel_spread']:.3f}",
                f"{row['precision']:.2f}",
                f"{row['recall']:.2f}",
            ]
        lines.append(f"| {title} | {metrics['n'][name]} | {' | '.join(cells)} |")
    return "\n".join(lines)
