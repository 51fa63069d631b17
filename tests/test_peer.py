"""The same inputs through diffusers' schedulers: the same tables, times and paths."""

import pytest
import torch

import minidiff as md

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:diffusers")

PAIRS = {
    "linear": (md.LinearBeta(), {"beta_start": 1e-4, "beta_end": 0.02}),
    "scaled_linear": (md.ScaledLinear(), {"beta_start": 0.00085, "beta_end": 0.012}),
    "squaredcos_cap_v2": (md.Cosine(), {}),
}
MIXTURE = md.GaussianMixture([[-1.0, 0.0], [1.0, 0.5]], [0.3, 0.6], [0.3, 0.7])
X = torch.randn(5, 2, generator=torch.Generator().manual_seed(0)).double()
pairs = pytest.mark.parametrize("beta", PAIRS)
spacings = pytest.mark.parametrize("spacing", ["trailing", "leading", "linspace"])


def peer(kind, beta, **options):
    ours, betas = PAIRS[beta]
    theirs = kind(num_train_timesteps=1000, beta_schedule=beta, **betas, **options)
    return ours, theirs


def walk(scheduler, schedule, x, **options):
    """Their loop, with our exact denoiser told as an eps-predicting net would."""
    denoiser = MIXTURE.denoiser(schedule)
    for t in scheduler.timesteps:
        ours = (t.item() + 1) / 1000  # their first entry is already noisy
        alpha, sigma = schedule(ours)
        eps = (x - alpha * denoiser(x, ours)) / sigma
        x = scheduler.step(eps, t, x, **options).prev_sample
        yield x


def same(ours, theirs, rel=1e-4):
    ours, theirs = list(ours), list(theirs)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert (a - b).norm() < rel * b.norm()


@pairs
def test_tables(beta):
    ours, theirs = peer(diffusers.DDPMScheduler, beta)
    table = theirs.alphas_cumprod.double()
    last = slice(None, -1) if beta == "squaredcos_cap_v2" else slice(None)
    assert torch.allclose(ours.alpha_bar[1:][last], table[last], rtol=2e-4, atol=0)
    assert torch.allclose(ours.alpha_bar[1:], table, rtol=1e-4, atol=1e-7)
    assert torch.allclose(ours.betas, theirs.betas.double(), rtol=2e-4)


@spacings
@pytest.mark.parametrize("n", [2, 10, 20, 50, 1000])
def test_times(spacing, n):
    """For n such as 7, "linspace" has ties, which the paper, counting from 1, and
    they, counting from 0, round differently."""
    ours, theirs = peer(diffusers.DDIMScheduler, "linear", timestep_spacing=spacing)
    theirs.set_timesteps(n)
    assert (ours.times(n, spacing)[:-1] * 1000 - 1).tolist() == pytest.approx(
        theirs.timesteps.tolist(), abs=1e-9
    )


@pairs
@pytest.mark.parametrize("n", [4, 20])
def test_ddim(beta, n):
    schedule, scheduler = peer(
        diffusers.DDIMScheduler, beta, clip_sample=False, timestep_spacing="trailing"
    )
    scheduler.set_timesteps(n)
    ours = md.ddim(MIXTURE.denoiser(schedule), X, schedule.times(n))
    same(ours, walk(scheduler, schedule, X), 2e-3)


@pairs
def test_ddim_with_noise(beta):
    schedule, scheduler = peer(
        diffusers.DDIMScheduler, beta, clip_sample=False, timestep_spacing="trailing"
    )
    scheduler.set_timesteps(20)
    dice = [torch.Generator().manual_seed(2) for _ in range(2)]
    options = {"eta": 0.7, "generator": dice[0]}
    ours = md.ddim(MIXTURE.denoiser(schedule), X, schedule.times(20), **options)
    # their noise has the precision of the answer, ours is float32: draw it for them
    theirs, x, denoiser = [], X, MIXTURE.denoiser(schedule)
    for t in scheduler.timesteps:
        alpha, sigma = schedule((t.item() + 1) / 1000)
        eps = (x - alpha * denoiser(x, (t.item() + 1) / 1000)) / sigma
        z = torch.randn(X.shape, generator=dice[1]).double()
        x = scheduler.step(eps, t, x, eta=0.7, variance_noise=z).prev_sample
        theirs.append(x)
    same(ours, theirs, 2e-3)


@pairs
def test_ddpm(beta):
    schedule, scheduler = peer(
        diffusers.DDPMScheduler, beta, clip_sample=False, timestep_spacing="trailing"
    )
    scheduler.set_timesteps(20)
    dice = [torch.Generator().manual_seed(4) for _ in range(2)]
    x = X.float()
    ours = md.ddpm(MIXTURE.denoiser(schedule), x, schedule.times(20), generator=dice[0])
    same(ours, walk(scheduler, schedule, x, generator=dice[1]), 2e-3)


@pytest.mark.parametrize("beta", ["linear", "scaled_linear"])
@pytest.mark.parametrize("n", [5, 20])
def test_dpmpp_2m(beta, n):
    schedule, scheduler = peer(
        diffusers.DPMSolverMultistepScheduler,
        beta,
        algorithm_type="dpmsolver++",
        solver_order=2,
        final_sigmas_type="zero",
        timestep_spacing="trailing",
    )
    scheduler.set_timesteps(n)
    ours = md.dpmpp_2m(MIXTURE.denoiser(schedule), X, schedule.times(n))
    same(ours, walk(scheduler, schedule, X), 2e-3)
