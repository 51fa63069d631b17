"""What a display holds, taken apart again."""

import base64
import io
import math
import xml.etree.ElementTree as ET
from urllib.parse import unquote

import numpy as np
import soundfile
import torch
from bs4 import BeautifulSoup
from matplotlib import pyplot as plt
from PIL import Image

RATE = 16_000


def tone(f=1000.0, seconds=1.0, amplitude=0.1, rate=RATE):
    t = torch.arange(round(seconds * rate)) / rate
    return amplitude * torch.sin(2 * math.pi * f * t)


def soup(shown):
    return BeautifulSoup(shown._repr_html_(), "html.parser")


def decoded(uri):
    return io.BytesIO(base64.b64decode(uri.split(",")[1]))


def heard(shown):
    """The samples of each player, as a browser would decode them."""
    sounds = [decoded(tag["src"]) for tag in soup(shown).select("audio")]
    return [soundfile.read(sound, dtype="float32") for sound in sounds]


def decibels(x):
    return 10 * np.log10(np.mean(np.square(x)))


def drawing(shown):
    """A figure's SVG, decoded, and as XML."""
    text = unquote(soup(shown).img["src"].removeprefix("data:image/svg+xml,"))
    return text, ET.fromstring(text)


def pixels(shown):
    """The pictures inside a figure."""
    sources = [
        tag.get("{http://www.w3.org/1999/xlink}href")
        for tag in drawing(shown)[1].iter("{http://www.w3.org/2000/svg}image")
    ]
    return [np.asarray(Image.open(decoded(source))) for source in sources]


def reloaded(page, locator, text):
    """Load a page again until `text` stands in it, which its browser has kept.

    A busy browser may load a page before the last one's storage has arrived.
    """
    for _ in range(20):
        page.reload()
        if text in locator.first.inner_text():
            break


def some_figure():
    fig, ax = plt.subplots()
    ax.plot([0, 1], [0, 1], color="black", label="line")
    ax.set_title("Title")
    ax.legend()
    return fig
