"""Things to move: a walk with a slider, a map with two, and live ones in a kernel."""

import html
import json
from collections.abc import Callable, Mapping, Sequence
from itertools import product

from .. import valid
from .shown import Shown, tag


def trajectory(
    stops: Sequence[Shown], names: Sequence, label: str, start: int = 0
) -> Shown:
    """A slider through the stops of a walk, with a button that plays them in turn.

    stops: players, figures, anything to show; what sounds goes on sounding while the
    slider moves. names: what the slider says at each stop, such as times. label: of
    the slider. start: number of the stop that is shown first. Raises ValueError for no
    stops, another number of names, and a start that is none of them.
    """
    if not stops or len(stops) != len(names):
        raise ValueError(
            "expected one or more stops and as many names, "
            f"got {len(stops)} and {len(names)}"
        )
    valid.whole(start, "start", 0, len(stops) - 1)
    return slides(list(stops), {label: list(names)}, (start,))


def explorer(
    stops: Mapping[tuple, Shown], labels: Sequence[str], start: tuple | None = None
) -> Shown:
    """A map of results with two sliders, such as steps and guidance scale.

    stops: what to show for every pair of values, {(steps, scale): player(...)}.
    labels: of the two sliders. start: the pair that is shown first.
    """
    axes = [list(dict.fromkeys(place[k] for place in stops)) for k in (0, 1)]
    places = list(product(*axes))
    if not stops or set(places) != set(stops):
        missing = sorted(set(places) - set(stops), key=str)
        raise ValueError(f"expected every pair of values, missing {missing}")
    start = places[0] if start is None else start
    first = tuple(axis.index(value) for axis, value in zip(axes, start, strict=True))
    ordered = [stops[place] for place in places]
    return slides(ordered, dict(zip(labels, axes, strict=True)), first)


def slides(stops: list[Shown], axes: dict[str, list], first: tuple) -> Shown:
    """One slider for each axis, over all the stops, which vary fastest in the last."""
    controls, place = "", 0
    for (label, values), at in zip(axes.items(), first, strict=True):
        names = [f"{value:g}" if isinstance(value, float) else str(value)
                 for value in values]  # fmt: skip
        slider = tag(
            "input", type="range", min=0, max=len(names) - 1, value=at,
            aria_valuetext=names[at], data_names=json.dumps(names),
        )  # fmt: skip
        words = tag("span", html.escape(label)) + slider
        controls += tag("label", words + tag("output", html.escape(names[at])))
        place = place * len(names) + at
    if len(axes) == 1:
        name = f"Play: {label} from first to last"
        controls = tag("button", "▶", type="button", aria_label=name) + controls
    shown = "".join(
        tag("div", stop.html, class_="md-stop", hidden=i != place)
        for i, stop in enumerate(stops)
    )
    body = tag("div", controls, class_="md-controls", hidden=True)
    body += tag("div", shown, class_="md-stage")
    text = " x ".join(f"{len(values)} {label}" for label, values in axes.items())
    return Shown(f"<slides: {text}>", tag("md-slides", body), moves=True)


class Live(Shown):
    """Sliders that compute where a kernel runs, and their twin where none does."""

    def __init__(self, twin: Shown, widget):
        super().__init__(twin.text.replace("slides", "live"), twin.html, moves=True)
        self.widget = widget

    def _repr_mimebundle_(self, **_):
        view = {"version_major": 2, "version_minor": 0}
        view["model_id"] = self.widget.model_id
        return {
            "text/plain": self.text,
            "text/html": self._repr_html_(),
            "application/vnd.jupyter.widget-view+json": view,
        }


def live(function: Callable[..., Shown], **choices: Sequence) -> Live:
    """Call `function` for every value that the reader chooses.

    choices: one or two lists of numbers or names, by argument. In Jupyter and Colab
    numbers may be anything from the first to the last of their list, and each choice is
    computed when it is made; the static page shows the listed ones.
    """
    import ipywidgets as widgets

    if len(choices) not in (1, 2):
        raise ValueError(f"expected one or two lists of choices, got {len(choices)}")
    places = list(product(*choices.values()))
    stops = [function(**dict(zip(choices, place, strict=True))) for place in places]
    twin = slides(stops, dict(choices), (0,) * len(choices))
    stage = widgets.Output()  # unlike widgets.HTML it lets scripts run
    controls = {name: control(name, values) for name, values in choices.items()}

    def show(stop: Shown) -> None:
        data = {"text/plain": stop.text, "text/html": stop._repr_html_()}
        output = {"output_type": "display_data", "data": data, "metadata": {}}
        stage.outputs = (output,)

    def update(_):
        show(function(**{k: c.value for k, c in controls.items()}))

    show(stops[0])
    for each in controls.values():
        each.observe(update, "value")
    return Live(twin, widgets.VBox([*controls.values(), stage]))


def control(name: str, values: Sequence):
    """A slider over the numbers from first to last, or a menu of anything else."""
    import ipywidgets as widgets

    numbers = all(isinstance(value, int | float) for value in values)
    if not numbers:
        return widgets.Dropdown(options=list(values), description=name)
    kind = widgets.IntSlider
    if any(isinstance(value, float) for value in values):
        kind = widgets.FloatSlider
    ends = dict(min=min(values), max=max(values), value=values[0])
    return kind(**ends, description=name, continuous_update=False)
