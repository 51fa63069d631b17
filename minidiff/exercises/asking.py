"""A question that the page answers by itself, in the words of `md.check`.

What is said comes from the exercise's own check: it is called for every answer that can
be given. Each reply is then hidden by its answer, so that the page's source shows none.
"""

import base64
import html
from collections.abc import Iterator
from itertools import islice

from ..display.shown import Shown, tag
from .check import Exercise, find, reply
from .forms import Choice, Each, Number, Numbers, Order

MARK = 4  # bytes of zero before a reply: by them a reader of the right key knows it


def ask(name: str) -> Shown:
    """A field for the answer to exercise `name`, such as "ex-03-1", which replies.

    The reader needs no kernel, and the page remembers what is solved. Raises ValueError
    for a name that no chapter has, and for an exercise that is answered with code.
    """
    asked = find(name)
    if asked.form is None:
        raise ValueError(f"{name} ({asked.kind}) can only be answered in a cell")
    replies, otherwise = all_replies(asked)
    shape = asked.form
    data = dict(
        data_name=name,
        data_kind=shape.kind,
        data_step=getattr(shape, "step", None),
        data_count=shape.count if isinstance(shape, Numbers) else None,
        data_replies=" ".join(hide(f"{name} {k}", said) for k, said in replies.items()),
        data_otherwise=otherwise or between(shape),
        data_between=between(shape),
        data_malformed=reply(asked, "?"),
        data_blank=reply(asked, ...),
    )
    title = asked.title.partition(" (")[0]
    body = tag(
        "form", controls(shape, title), class_="md-controls", hidden=True,
        aria_label=title,
    )  # fmt: skip
    body += tag("output", "Answer in the cell below.", aria_live="polite")
    body += tag("small", hidden=True)
    body = tag("md-ask", body, data_lm_suppress_shortcuts="true", **data)
    return Shown(f"<ask: {title}>", body, moves=True)


def all_replies(asked: Exercise) -> tuple[dict[str, str], str | None]:
    """What is said of each candidate, and of all others (None: that depends on them).

    Candidates that hear what all others hear are left out.
    """
    shape = asked.form
    others = shape.beyond() if isinstance(shape, Number) else ["?"]
    if isinstance(shape, Numbers):
        others = [[n + max(shape.values) + 1 for n in range(shape.count)]]
    others = {reply(asked, other) for other in others}
    otherwise = others.pop() if len(others) == 1 else None
    said = {key: reply(asked, answer) for key, answer in shape.candidates()}
    return {key: text for key, text in said.items() if text != otherwise}, otherwise


def between(shape) -> str | None:
    """What is said of a number whose reply the page does not know."""
    if isinstance(shape, Number):
        return (
            f"Here a number from {shape.low:g} to {shape.high:g} in steps of "
            f"{shape.step:g}, please; any other in the cell below."
        )


def controls(shape, title: str) -> str:
    """The fields and buttons for an answer of this form."""
    if isinstance(shape, Choice):
        return "".join(
            tag("button", html.escape(option), type="submit", value=option)
            for option in shape.options
        )
    if isinstance(shape, Each):
        options = tag("option", "?", value="")
        options += "".join(tag("option", html.escape(word)) for word in shape.options)
        fields = "".join(
            tag(
                "label", tag("span", letter) + tag("select", options, aria_label=letter)
            )
            for letter in shape.letters
        )
    else:
        hint = {Order: lambda: shape.letters, Numbers: lambda: "0 0 0"}
        field = tag(
            "input", type="text", autocomplete="off", spellcheck="false",
            autocapitalize="characters" if isinstance(shape, Order) else "off",
            placeholder=hint.get(type(shape), lambda: None)(),
        )  # fmt: skip
        fields = tag("label", tag("span", "Your answer") + field)
    return fields + tag("button", "Check", type="submit", aria_label=f"Check {title}")


def hide(key: str, text: str) -> str:
    """A text that only its key opens. It keeps nobody out who tries all the keys."""
    plain = bytes(MARK) + text.encode()
    bits = zip(plain, islice(stream(key), len(plain)), strict=True)
    return base64.b64encode(bytes(a ^ b for a, b in bits)).decode()


def stream(key: str) -> Iterator[int]:
    """Bytes that follow from a key: FNV-1a, then an xorshift, as in elements.js."""
    state = 0x811C9DC5
    for byte in key.encode():
        state = (state ^ byte) * 0x01000193 % 2**32
    while True:
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        yield state & 255
