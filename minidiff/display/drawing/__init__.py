"""Drawings of nets and pipelines, made from the same numbers as the thing itself."""

import torch

from ..shown import Shown
from . import (
    codes,
    curves,
    latents,
    models,
    nets,
    pipelines,
    reader,
    references,
    rivals,
    rulers,
    scores,
    towers,
    unet,
    waves,
)

# By the names of classes, so that this room need not know where they live.
SIZED = {
    "UNet": unet.unet,
    "Block": unet.block,
    "Sequential": nets.row,
    "DiffWave": waves.diffwave,
    "ResidualLayer": waves.layer,
    "WaveGrad": waves.wavegrad,
    "DiT": latents.dit,
    "DiTBlock": latents.dit_block,
    "Autoencoder": latents.autoencoder,
    "Towers": towers.towers,
    "Text": reader.reader,
    "Denoiser": pipelines.training,
    "Vocoding": models.vocoder,
    "FineMagnitudes": models.fine,
}
WHOLE = {
    "MLP": nets.mlp,
    "Guided": pipelines.guided,
    "Schedule": curves.chain,
    "MelSpec": curves.windows,
    "Model": models.model,
    "Vocoder": models.vocoder,
    "Coded": codes.coded,
    "Masked": codes.masked,
    "GAN": rivals.gan,
    "VAE": rivals.vae,
    "Autoregressive": rivals.autoregressive,
    "step": pipelines.step,
    "solvers": curves.solvers,
    "variation": references.variation,
    "edit": references.edit,
    "repair": references.repair,
    "scores": scores.scores,
    "rulers": rulers.rulers,
}


def draw(thing, size: int | tuple | None = None, **numbers) -> Shown:
    """A net or a pipeline as a drawing, with its own shapes and numbers.

    thing, one of
    * a net, `UNet`, `DiffWave`, `WaveGrad`, `DiT`, `Autoencoder`, or one of its blocks:
      `size` is that of x without channels; of a DiT's block the number of tokens; the
      two `Towers` of a CLAP, for a mel of this size; `Text`, for so many words;
    * an `MLP`; a row of layers (`nn.Sequential`) for an input of this size;
    * a `Denoiser`, whose training is shown, for x0 of this size, channels first;
    * a `Coded` or a `Masked`, nets that write tokens;
    * a `GAN`, a `VAE` or an `Autoregressive`;
    * a `Guided`, a schedule, a `MelSpec`, a loaded model or vocoder;
    * a `Vocoding` or `FineMagnitudes`, for a waveform of this size;
    * a class of these, made from `numbers`: `draw(UNet, (8, 8), channels=(32, 64))`;
    * "step", one step of a sampler: schedule=, and t=, s=, eta=;
    * "solvers", three samplers on one exact curve: denoiser=, times=, x=;
    * "variation", "edit" and "repair" of a sound, by a loaded model: whole=, and
      strength=, or was=, wanted=;
    * "scores", the three of strangeness, of a loaded model: whole=;
    * "rulers", from two crowds of sounds to numbers: samples=, numbers=.

    Draws no random numbers that anybody would miss. Raises ValueError for anything
    else, and for a size that is missing.
    """
    if isinstance(thing, type):
        with torch.random.fork_rng():
            thing, numbers = thing(**numbers), {}
    named = isinstance(thing, str)
    known = [thing] if named else [kind.__name__ for kind in type(thing).__mro__]
    kind = next((name for name in known if name in SIZED | WHOLE), None)
    if kind is None:
        kinds = ", ".join(SIZED | WHOLE)
        raise ValueError(f"thing must be one of {kinds}, got {thing!r}")
    if kind in SIZED and size is None:
        raise ValueError(f"size: a {kind} is drawn for x of some size, such as (8, 8)")
    if size is not None:
        numbers["size"] = (size,) if isinstance(size, int) else tuple(size)
    return (SIZED | WHOLE)[kind](*[] if named else [thing], **numbers)
