"""What a chapter shows: plain HTML, alike in the static page, Jupyter and Colab."""

from .asking import ask
from .clips import abx, gallery, player, players
from .figures import figure, plot_curves, plot_mels, plot_pictures, plot_points
from .moving import explorer, live, trajectory
from .shown import Shown, say, source

__all__ = [
    "Shown", "abx", "ask", "explorer", "figure", "gallery", "live", "player", "players",
    "plot_curves", "plot_mels", "plot_pictures", "plot_points", "say", "source",
    "trajectory",
]  # fmt: skip
