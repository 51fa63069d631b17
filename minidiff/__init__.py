"""minidiff: diffusion models for sound, small enough to read aloud.

`import minidiff as md`: everything public hangs on md, and is read from its file when
it is first asked for.
"""

import importlib

from .measured import measured  # here, for it has the name of its room

PLACES = {  # file -> what it gives to md
    "control.anomaly": ["anomaly"],
    "control.bridge": ["Bridge", "Regression", "cross"],
    "control.cfgpp": ["cfgpp"],
    "control.daps": ["daps"],
    "control.dps": ["DPS"],
    "control.inversion": ["invert_cfgpp"],
    "control.long": ["Windows"],
    "control.operators": ["Clipped", "Gap", "Linear", "Lowpass", "Mask", "Noisy"],
    "control.pigdm": ["PiGDM"],
    "control.playing": ["drummed", "mixed", "render"],
    "control.posterior": ["Posterior"],
    "control.repaint": ["repaint"],
    "control.replacement": ["replacement"],
    "control.reverb": ["Reverb"],
    "control.wiener": ["wiener"],
    "data": ["data"],
    "data.example": ["example", "examples"],
    "denoiser": ["Denoiser"],
    "display": [
        "abx", "blind", "draw", "explorer", "figure", "gallery", "live", "player",
        "players", "plot_curves", "plot_mels", "plot_pictures", "plot_points", "say",
        "source", "trajectory",
    ],
    "exact": ["GaussianMixture", "IdealDenoiser"],
    "exercises.asking": ["ask"],
    "exercises.check": ["check"],
    "guidance": ["Clip", "Guided"],
    "judging.distance": ["frechet", "kernel_distance", "precision_recall"],
    "judging.fidelity": ["si_sdr"],
    "judging.limit": ["frechet_infinity"],
    "judging.listened": ["heard"],
    "judging.local": ["LocalIdealDenoiser"],
    "models.model": ["device", "load"],
    "nets": ["MLP", "UNet"],
    "process": ["diffuse"],
    "samplers": ["ddim", "ddpm", "dpmpp_2m", "heun", "invert", "renoise"],
    "schedule": [
        "Cosine", "Flow", "Karras", "LinearBeta", "ScaledLinear", "noise_times",
    ],
    "sound.mel": ["MelSpec", "griffin_lim"],
    "train": ["fit"],
}  # fmt: skip
HOME = {name: file for file, names in PLACES.items() for name in names}
__all__ = sorted([*HOME, "measured"])


def __getattr__(name: str):
    if name not in HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f".{HOME[name]}", __name__)
    value = module if name == HOME[name] else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
