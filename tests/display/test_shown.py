"""Words and code as Markdown and as text."""

import inspect

from IPython.core.formatters import DisplayFormatter
from parts import RATE, some_figure, tone

from minidiff.display import clips, figures, shown


def test_a_sentence_is_markdown_and_text():
    said = shown.say("The error is **0.12**.")
    data, _ = DisplayFormatter().format(said)
    assert data["text/markdown"] == data["text/plain"] == "The error is **0.12**."
    assert "text/html" not in data


def test_players_and_figures_are_html_and_text():
    for seen in (
        clips.player(tone(), RATE, "a"),
        figures.figure(some_figure(), "a"),
    ):
        data, _ = DisplayFormatter().format(seen)
        assert set(data) == {"text/plain", "text/html"}


def test_source_is_the_package_s_own():
    seen = shown.source(clips.hertz, shown.Shown.__repr__)
    assert inspect.getsource(clips.hertz).strip() in repr(seen)
    assert "\n\ndef __repr__(self):" in repr(seen)
    assert seen._repr_markdown_() == f"```python\n{seen!r}\n```"
