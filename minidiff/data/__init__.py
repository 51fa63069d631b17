"""The data sets, from points in the plane to the reader's own recordings."""

from .digits import Digits as digits
from .drums import Drums as drums
from .example import example, examples
from .folder import Folder as folder
from .pictures import Pictures as pictures
from .points import Points as points
from .sounds import sounds

__all__ = [
    "digits", "drums", "example", "examples", "folder", "pictures", "points", "sounds",
]  # fmt: skip
