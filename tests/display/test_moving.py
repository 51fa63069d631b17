"""Sliders over everything that can be shown, and their live form."""

import json

import ipywidgets
import pytest
from bs4 import BeautifulSoup
from IPython.core.formatters import DisplayFormatter
from parts import RATE, soup, tone

from minidiff.display import clips, moving, shown


def stop(name):
    return shown.Shown(name, f"<p>{name}</p>")


def test_a_walk_shows_one_stop_and_names_all():
    walk = moving.trajectory([stop(n) for n in "abc"], [0.0, 0.5, 1.0], "t <", start=1)
    page = soup(walk)
    assert [s.text for s in page.select(".md-stop")] == ["a", "b", "c"]
    assert [s.text for s in page.select(".md-stop:not([hidden])")] == ["b"]
    slider = page.select_one("label input[type=range]")
    assert (slider["min"], slider["max"], slider["value"]) == ("0", "2", "1")
    assert json.loads(slider["data-names"]) == ["0", "0.5", "1"]
    assert slider["aria-valuetext"] == page.output.text == "0.5"
    assert "t <" in page.label.text
    assert page.button["aria-label"]
    # sliders do nothing without the script, which wakes them
    assert page.select_one(".md-controls").has_attr("hidden")
    assert repr(walk) == "<slides: 3 t <>"


@pytest.mark.parametrize(("stops", "names"), [([], []), ([stop("a")], ["a", "b"])])
def test_a_walk_needs_a_name_for_every_stop(stops, names):
    with pytest.raises(ValueError, match=f"got {len(stops)} and {len(names)}"):
        moving.trajectory(stops, names, "t")


def test_a_map_counts_its_stops_as_the_script_does():
    stops = {(b, a): stop(f"{a} {b}") for a in "xyz" for b in (1, 2)}
    page = soup(moving.explorer(stops, ("number", "letter"), start=(2, "y")))
    numbers, letters = (
        json.loads(s["data-names"]) for s in page.select("input[type=range]")
    )
    values = [s["value"] for s in page.select("input[type=range]")]
    assert (numbers, letters, values) == (["1", "2"], ["x", "y", "z"], ["1", "1"])
    shown_first = page.select(".md-stop:not([hidden])")
    assert [s.text for s in shown_first] == ["y 2"]
    for i, s in enumerate(page.select(".md-stop")):
        assert s.text == f"{letters[i % 3]} {numbers[i // 3]}"
    assert page.button is None


def test_a_map_with_a_hole_is_named():
    stops = {(1, 1): stop("a"), (1, 2): stop("b"), (2, 1): stop("c")}
    with pytest.raises(ValueError, match=r"missing \[\(2, 2\)\]"):
        moving.explorer(stops, ("a", "b"))
    with pytest.raises(ValueError, match="every pair"):
        moving.explorer({}, ("a", "b"))


def test_style_and_script_stand_once_in_an_output_and_are_the_same_in_all():
    sound = clips.player(tone(), RATE, "a")
    outputs = [x._repr_html_() for x in (sound, moving.trajectory([sound], [0], "t"))]
    for output in outputs:
        page = BeautifulSoup(output, "html.parser")
        assert len(page.select("script[data-minidiff]")) == 1
        assert len(page.select("style[data-minidiff]")) == 1
    styles = {str(BeautifulSoup(o, "html.parser").script) for o in outputs}
    assert len(styles) == 1
    assert shown.say("words")._repr_html_() is None


def test_a_live_cell_computes_what_its_twin_does_not_hold():
    asked = []

    def function(n, kind):
        asked.append((n, kind))
        return stop(f"{kind} {n}")

    live = moving.live(function, n=[1, 5], kind=["a", "b"])
    assert asked == [(1, "a"), (1, "b"), (5, "a"), (5, "b")]
    data, _ = DisplayFormatter().format(live)
    assert data["text/plain"] == "<live: 2 n x 2 kind>"
    assert "a 1" in data["text/html"]
    view = data["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == live.widget.model_id
    number, menu, stage = live.widget.children

    def shown():
        (output,) = stage.outputs
        return output["data"]["text/html"]

    assert "a 1" in shown()
    number.value = 3
    assert asked[-1] == (3, "a")
    assert "a 3" in shown()
    menu.value = "b"
    assert "b 3" in shown()


def test_live_controls_fit_their_values():
    assert isinstance(moving.control("n", [1, 5]), ipywidgets.IntSlider)
    real = moving.control("x", [1, 0.5, 2.0])
    assert isinstance(real, ipywidgets.FloatSlider)
    assert (real.min, real.max, real.value) == (0.5, 2.0, 1)
    assert isinstance(moving.control("kind", ["a"]), ipywidgets.Dropdown)
    for choices in ({}, {"a": [1], "b": [1], "c": [1]}):
        with pytest.raises(ValueError, match=f"got {len(choices)}"):
            moving.live(stop, **choices)
