"""What a chapter shows: plain HTML, alike in the static page, Jupyter and Colab."""

from .blind import blind
from .clips import abx, gallery, player, players
from .drawing import draw
from .figures import figure, plot_curves, plot_mels, plot_pictures, plot_points
from .moving import explorer, live, trajectory
from .shown import Shown, say, source

__all__ = [
    "Shown", "abx", "blind", "draw", "explorer", "figure", "gallery", "live", "player",
    "players", "plot_curves", "plot_mels", "plot_pictures", "plot_points", "say",
    "source", "trajectory",
]  # fmt: skip
