"""The sound garden: what its labels say is what the sounds are."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
import torch
import torchaudio

from minidiff.data import garden
from minidiff.data.garden import GARDEN, SAMPLE_RATE, SAMPLES, synthesize
from minidiff.data.sounds import Sounds, caption, sounds

NAMES = [
    "rain", "crowd", "engine", "wind", "bird", "bell", "plucked string", "flute",
    "organ", "kick", "snare", "hi-hat",
]  # fmt: skip


@pytest.fixture(scope="module")
def train():
    dataset = sounds(n=600, seed=1)
    return torch.stack([wave for wave, _ in dataset]).numpy().astype(float), dataset


def db(ratio):
    return 20 * np.log10(ratio)


# The data set.


def test_contract():
    dataset = sounds(n=25)
    assert dataset.names == NAMES == list(GARDEN)
    assert (len(dataset), dataset.sample_rate) == (25, 16_000)
    wave, label = dataset[13]
    assert (wave.shape, wave.dtype) == ((SAMPLES,), torch.float32)
    assert (label.dtype, label.item()) == (torch.int64, 1)
    assert len(list(dataset)) == 25  # it ends
    waves, labels = next(iter(torch.utils.data.DataLoader(dataset, batch_size=24)))
    assert waves.shape == (24, SAMPLES)
    assert labels.bincount().tolist() == [2] * 12


def test_an_item_depends_on_seed_split_and_index_alone():
    first = [wave for wave, _ in sounds(n=24, seed=3)]
    long = Sounds(n=500, seed=3)
    for i in (23, 7, 0, 12):  # any order, any length, again and again
        long.params(i), long.caption(i)
        assert torch.equal(long[i][0], first[i])
    for other in (sounds(24, seed=4), sounds(24, "test", seed=3)):
        assert not any(torch.equal(other[i][0], first[i]) for i in range(24))
    assert len({wave.numpy().tobytes() for wave in first}) == 24


def test_the_source_of_chance_is_the_documented_one():
    for split, number in (("train", 0), ("test", 1)):
        for i in (0, 7):
            seeds = np.random.SeedSequence([5, number, i])
            u = np.random.Generator(np.random.PCG64(seeds)).random()
            low, high, unit, _ = GARDEN[NAMES[i]][1]["pitch"]
            assert unit == "Hz"
            pitch = Sounds(12, split, seed=5).params(i)["pitch"]
            assert pitch == pytest.approx(low * (high / low) ** u)


def test_another_process_makes_the_same_sounds():
    code = "import hashlib; from minidiff.data.sounds import sounds; print("
    code += "hashlib.sha256(b''.join(w.numpy().tobytes() for w, _ in sounds(24)))"
    run = subprocess.run(
        [sys.executable, "-c", code + ".hexdigest())"],
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": ":".join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    here = b"".join(wave.numpy().tobytes() for wave, _ in sounds(24))
    assert run.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_parameters_fill_their_ranges():
    dataset = Sounds(n=12 * 200)
    for k, name in enumerate(NAMES):
        drawn = [dataset.params(i) for i in range(k, len(dataset), 12)]
        for key, range_ in GARDEN[name][1].items():
            places = np.array([range_.place(params[key]) for params in drawn])
            assert (places >= 0).all()
            assert (places <= 1).all()
            assert np.histogram(places, 4, (0, 1))[0].min() > 25  # of 50 expected


# The sounds.


def test_no_sound_is_broken(train):
    waves, _ = train
    assert np.isfinite(waves).all()
    assert np.abs(waves).max() <= 0.99
    assert (np.abs(waves).max(1) > 0.03).all()
    rms = waves.std(1)
    assert (np.abs(waves.mean(1)) < 0.02 * rms).all()  # no DC
    assert (waves[:, [0, -1]] == 0).all()
    ends = np.abs(waves[:, list(range(8)) + list(range(-8, 0))]).max(1)
    assert (ends < 0.15 * np.abs(waves).max(1)).all()  # no click


def test_loudness_is_the_level_of_the_loudest_eighth_second(train):
    waves, dataset = train
    for i, wave in enumerate(waves[:60]):
        power = np.convolve(wave**2, np.ones(2000) / 2000, "valid").max()
        assert 10 * np.log10(power) == pytest.approx(
            dataset.params(i)["loudness"], abs=0.05
        )


def log_mel_means(waves):
    """Log-mel levels below the loudest, averaged over each quarter of the clip."""
    mel = torchaudio.transforms.MelSpectrogram(
        SAMPLE_RATE, n_fft=1024, hop_length=256, n_mels=40
    )(waves)
    level = 10 * torch.log10(mel + 1e-6)
    level = (level - level.amax((1, 2), keepdim=True)).clamp(min=-60)
    means = torch.nn.functional.adaptive_avg_pool1d(level, 4)
    return means.flatten(1).double()


def test_nearest_centroid_tells_the_classes_apart(train):
    x, y = log_mel_means(torch.tensor(train[0]).float()), torch.arange(600) % 12
    centroids = torch.stack([x[y == k].mean(0) for k in range(12)])
    spread = (x - centroids[y]).T @ (x - centroids[y]) / len(x)
    # Distances in units of the spread within a class (Mahalanobis 1936).
    whiten = torch.linalg.cholesky(torch.linalg.inv(spread + torch.eye(len(spread))))
    test_waves, test_y = map(
        torch.stack, zip(*sounds(360, "test", seed=1), strict=True)
    )
    test_x = log_mel_means(test_waves)
    nearest = torch.cdist(test_x @ whiten, centroids @ whiten).argmin(1)
    right = torch.stack(
        [(nearest == k)[test_y == k].double().mean() for k in range(12)]
    )
    assert right.mean() > 0.9, dict(zip(NAMES, right.tolist(), strict=True))
    assert right.min() > 0.6, dict(zip(NAMES, right.tolist(), strict=True))


def test_sounds_of_a_class_differ(train):
    x = log_mel_means(torch.tensor(train[0]).float())
    for k in range(12):
        heard = x[k::12][:, x[k::12].max(0).values > -40]  # of what can be heard at all
        assert heard.std(0).mean() > 3, NAMES[k]  # dB


def measured_pitch(wave):
    """The first strong peak of the autocorrelation, found between samples."""
    spectrum = np.abs(np.fft.rfft(wave, 2 * len(wave))) ** 2
    correlation = np.fft.irfft(spectrum, 16 * len(wave))[: 8 * SAMPLE_RATE // 60]
    correlation = correlation / correlation[0]
    after = np.argmax(correlation < 0)  # past the peak at lag zero
    high = correlation[after:] > 0.9 * correlation[after:].max()
    start = after + np.argmax(high)
    stop = start + np.argmin(high[start - after :])
    return 8 * SAMPLE_RATE / (start + np.argmax(correlation[start:stop]))


@pytest.mark.parametrize("name", ["flute", "plucked string", "organ"])
@pytest.mark.parametrize("place", [0, 0.2, 0.4, 0.6, 0.8, 1])
def test_pitch_is_the_pitch(name, place):
    low, high = GARDEN[name][1]["pitch"][:2]
    pitch = min(high, low * (high / low) ** place)
    for seed in range(4):
        wave = synthesize(name, np.random.default_rng(seed), pitch=pitch).numpy()
        heard = measured_pitch(wave[2000:10_000].astype(float))
        assert heard == pytest.approx(pitch, rel=0.03)


def test_a_kick_ends_on_its_pitch():
    for pitch in (40, 60, 100):
        wave = synthesize("kick", pitch=pitch, decay=0.8, brightness=0).numpy()
        up = np.flatnonzero((wave[4000:-400] < 0) & (wave[4001:-399] >= 0))
        heard = SAMPLE_RATE * (len(up) - 1) / (up[-1] - up[0])
        assert heard == pytest.approx(pitch, rel=0.03)


def measured_decay(wave):
    """Time to fall by 60 dB, by the energy still to come (Schroeder 1965)."""
    energy = np.cumsum(wave[::-1] ** 2)[::-1]
    level = 10 * np.log10(energy / energy[0] + 1e-12)
    chosen = (level < -12) & (level > -32)
    slope = np.polyfit(np.flatnonzero(chosen) / SAMPLE_RATE, level[chosen], 1)[0]
    return -60 / slope


@pytest.mark.parametrize("name", ["plucked string", "kick", "snare", "hi-hat"])
def test_decay_is_the_decay(name):
    low = GARDEN[name][1]["decay"].low
    for decay in (low, 1.2 * low, 0.6):
        if decay <= GARDEN[name][1]["decay"].high:
            wave = synthesize(name, decay=decay, brightness=0.8).numpy()
            assert measured_decay(wave.astype(float)) == pytest.approx(decay, rel=0.2)


def test_a_bell_rings_as_long_as_it_is_asked_to():
    decays = (1, 1.5, 2.2, 3.3, 5)
    waves = [synthesize("bell", decay=decay).numpy() for decay in decays]
    left = [db(wave[-4000:].std() / wave[:4000].std()) for wave in waves]
    assert left[0] < -25
    assert (np.diff(left) > 1).all()


@pytest.mark.parametrize("name", NAMES)
def test_brighter_is_brighter(name):
    frequency = np.fft.rfftfreq(SAMPLES, 1 / SAMPLE_RATE)
    pitch = 2000 if name == "bird" else sum(GARDEN[name][1]["pitch"][:2]) / 2
    centres = []
    for brightness in (0, 0.5, 1):
        wave = synthesize(name, pitch=pitch, brightness=brightness).numpy()
        power = np.abs(np.fft.rfft(wave.astype(float))) ** 2
        centres.append((frequency * power).sum() / power.sum())
    assert centres[0] < centres[1] < centres[2]


@pytest.mark.parametrize("name", ["bird", "flute", "organ"])
def test_rate_is_the_rate(name):
    """Chirps, vibrato and tremulant: the envelope repeats `rate` times a second."""
    for rate in (3, 4.5, 6.5):
        wave = synthesize(name, rate=rate).numpy().astype(float)
        envelope = np.convolve(wave**2, np.hanning(400), "same")[2000:-400]
        swing = np.abs(np.fft.rfft(envelope - envelope.mean(), 2**18))
        peak = np.argmax(swing[: 2**18 * 10 // SAMPLE_RATE]) * SAMPLE_RATE / 2**18
        assert peak == pytest.approx(rate, rel=0.15)


def test_the_rate_of_rain_is_its_drops():
    def peaks(rate):
        wave = synthesize("rain", rate=rate, loudness=-24, brightness=0).numpy()
        return db(np.abs(wave).max()) + 24

    assert peaks(30) > peaks(600)  # few drops stand out, many run together


# Words and errors.


def test_captions_say_what_the_parameters_say():
    params = {"pitch": 410, "brightness": 0.5, "decay": 4.9, "loudness": -25}
    assert caption("bell", params) == "a low bell, ringing long"
    params = {"pitch": 3000, "rate": 590, "decay": 0.003, "brightness": 0.9}
    words = caption("rain", params | {"loudness": -20})
    assert words == "loud, bright, dense rain of dry drops"
    dataset = Sounds(n=240)
    captions = [dataset.caption(i) for i in range(240)]
    for i, words in enumerate(captions):
        assert words == caption(NAMES[i % 12], dataset.params(i))
        assert NAMES[i % 12] in words
    assert len(set(captions)) > 120


def test_synthesize_keeps_what_it_is_given():
    quiet = synthesize("organ", pitch=220, loudness=-30)
    loud = synthesize("organ", pitch=220, loudness=-20)
    assert db(float((loud / quiet).nanmedian())) == pytest.approx(10, abs=0.01)
    again = synthesize("organ", np.random.default_rng(0), pitch=220, loudness=-20)
    assert torch.equal(loud, again)
    assert not torch.equal(loud, synthesize("organ", np.random.default_rng(1)))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: synthesize("bel"), r"sound.*'bel'.*'bell'.*hi-hat"),
        (lambda: synthesize("bell", pich=500), r"'bell'.*'pich'.*'pitch'"),
        (lambda: synthesize("kick", rate=3), r"'kick'.*'rate'.*decay"),
        (lambda: synthesize("kick", pitch=900), r"pitch.*'kick'.*Hz.*40.*100.*900"),
        (lambda: synthesize("flute", loudness=float("nan")), r"loudness.*-30.*nan"),
        (lambda: sounds(n=0), r"n must.*1.*0"),
        (lambda: sounds(split="tests"), r"split.*'tests'.*'test'.*train"),
        (lambda: sounds(seed=-1), r"seed.*0.*-1"),
        (lambda: garden.ranges("hihat"), r"'hihat'.*'hi-hat'"),
    ],
)
def test_bad_arguments_are_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()


@pytest.mark.parametrize("i", [-1, 12])
def test_there_is_nothing_outside(i):
    with pytest.raises(IndexError, match=f"{i}.*0 to 11"):
        sounds(12)[i]
