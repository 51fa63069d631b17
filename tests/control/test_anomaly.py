"""Scores of a model: one number a sound, a map, and what is asked of the sounds."""

import math

import pytest
import torch
from normal import Normal

import minidiff as md
from minidiff.control.anomaly import SCORES, anomaly, strangeness


class Usual(torch.nn.Module):
    """The ideal denoiser of mels that are all alike, as a module."""

    schedule = md.Cosine()

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.asked = []

    def forward(self, x, t, cond=None):
        self.asked.append((len(x), cond))
        return Normal(self.weight, 0.3**2, self.schedule)(x, t)


class Small:
    """A model of mels of 4 bands and 4 frames."""

    sample_rate = 4000
    settings = {"samples": 400}
    shape = (1, 4, 4)

    def __init__(self):
        self.denoiser = Usual()
        self.spec = md.MelSpec(4000, n_fft=256, hop_length=100, n_mels=4, mean=-40.0)


DICE = torch.Generator().manual_seed(0)
WAVES = 0.05 * torch.randn(40, 400, generator=DICE)


@pytest.mark.parametrize("score", SCORES)
def test_louder_is_stranger_and_every_sound_for_itself(score):
    waves = torch.stack([WAVES[0], 6 * WAVES[0]])
    found = md.anomaly(Small(), waves, score)
    assert found.shape == (2,)
    assert found.dtype == torch.float32
    assert found[1] > found[0]
    torch.testing.assert_close(md.anomaly(Small(), waves[1], score), found[1:])


def test_a_score_is_the_mean_of_its_map():
    waves = WAVES[:3]
    for score in ("error", "rebuilt"):
        where = strangeness(Small(), waves, score)
        assert where.shape == (3, 1, 4, 4)
        torch.testing.assert_close(
            where.mean((1, 2, 3)), anomaly(Small(), waves, score)
        )
    with pytest.raises(ValueError, match="likelihood"):
        strangeness(Small(), waves, "likelihood")


def test_a_share_of_the_map_makes_short_faults_count():
    where = strangeness(Small(), WAVES[:2]).flatten(1)
    found = anomaly(Small(), WAVES[:2], share=0.25)
    wanted = where.sort(1, descending=True)[0][:, :4].mean(1)
    torch.testing.assert_close(found, wanted)
    one = anomaly(Small(), WAVES[:2], share=1e-6)  # at least one value
    torch.testing.assert_close(one, where.max(1)[0])
    for share in (0, 1.5):
        with pytest.raises(ValueError, match="share"):
            anomaly(Small(), WAVES[:2], share=share)
    with pytest.raises(ValueError, match="likelihood"):
        anomaly(Small(), WAVES[:2], "likelihood", share=0.5)


def test_a_map_shows_where():
    model, wave = Small(), WAVES[:1].clone()
    t = torch.arange(100) / 4000
    before = strangeness(model, wave)
    wave[:, 200:300] += 0.5 * (2 * torch.pi * 1500 * t).sin()
    change = (strangeness(model, wave) - before)[0, 0]
    band, frame = divmod(change.argmax().item(), 4)
    assert band == 3
    assert frame in (2, 3)


def test_the_likelihood_is_that_of_the_mel():
    model = Small()
    x = model.spec.encode(WAVES[:2]).double()
    wanted = (0.5 * (x / 0.3).square() + math.log(0.3 * math.sqrt(2 * math.pi))).mean(
        (1, 2, 3)
    )
    found = anomaly(model, WAVES[:2], "likelihood")
    torch.testing.assert_close(found.double(), wanted, rtol=1e-3, atol=1e-3)


def test_many_sounds_go_a_few_at_a_time_with_their_conditions():
    model = Small()
    label = torch.arange(40)
    anomaly(model, WAVES, cond={"label": label}, levels=1, draws=1)
    assert [n for n, _ in model.denoiser.asked] == [32, 8]
    parts = [cond["label"] for _, cond in model.denoiser.asked]
    assert torch.equal(torch.cat(parts), label)
    torch.testing.assert_close(
        anomaly(Small(), WAVES)[35:37], anomaly(Small(), WAVES[35:37])
    )


def test_options_go_to_the_score():
    model = Small()
    one = anomaly(model, WAVES[:2], "rebuilt", strength=0.1)
    assert (anomaly(model, WAVES[:2], "rebuilt", strength=0.9) > one).all()
    with pytest.raises(TypeError, match="strength"):
        anomaly(model, WAVES[:2], "error", strength=0.1)


def test_sounds_may_be_a_list_of_any_lengths():
    long = 0.05 * torch.randn(400, generator=DICE)
    found = anomaly(Small(), [long[:300], long])
    assert found.shape == (2,)
    torch.testing.assert_close(found[1:], anomaly(Small(), long))


@pytest.mark.parametrize(
    ("waves", "words"),
    [
        (torch.zeros(2, 300), "400"),
        (torch.zeros(2, 2, 400), "400"),
        (torch.full((2, 400), math.nan), "NaN"),
        (torch.zeros(0, 400), "empty"),
        ([], "empty"),
        ("nowhere.wav", "nowhere"),
    ],
)
@pytest.mark.usefixtures("unhooked")
def test_bad_sounds(waves, words):
    with pytest.raises(ValueError, match=words):
        anomaly(Small(), waves)


@pytest.mark.usefixtures("unhooked")
def test_bad_models_and_scores():
    with pytest.raises(ValueError, match="makes sounds"):
        anomaly(Usual(), WAVES)
    with pytest.raises(ValueError, match="likelihood"):
        anomaly(Small(), WAVES, "likelyhood")


def test_silence_is_a_sound_too():
    """An engine that has stopped: strange, not an error."""
    assert anomaly(Small(), torch.zeros(1, 400)) > anomaly(Small(), WAVES[:1])


def test_a_model_that_ships():
    voice = md.load("digits")
    noise = 0.1 * torch.randn(6400, generator=DICE)
    sounds = [md.example("seven", k=0), md.example("seven", k=1), noise]
    found = md.anomaly(voice, sounds, levels=2)
    assert found[2] > found[:2].max()


def test_a_model_that_only_jumps_is_refused():
    with pytest.raises(ValueError, match="only knows how to jump"):
        anomaly(md.load("digits-fast"), torch.zeros(1, 6400))
