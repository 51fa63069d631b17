"""The data sets, from points in the plane to the reader's own recordings."""

from .digits import Digits as digits
from .drums import Drums as drums
from .engines import Engines as engines
from .environment import Environment as environment
from .example import example, examples
from .folder import Folder as folder
from .melodies import Melodies as melodies
from .noise import Noise as noise
from .noisy import Noisy as noisy
from .notes import Notes as notes
from .pictures import Pictures as pictures
from .points import Points as points
from .scenes import Scenes as scenes
from .sounds import sounds

__all__ = [
    "digits", "drums", "engines", "environment", "example", "examples", "folder",
    "melodies", "noise", "noisy", "notes", "pictures", "points", "scenes", "sounds",
]  # fmt: skip
