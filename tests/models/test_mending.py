"""The reader's own files, repaired: bit for bit where they are known."""

import sys

import numpy as np
import pytest
import soundfile
import torch
from scipy.io import wavfile

import minidiff as md
from minidiff.models.mending import mended, operator_of, repairs

RATE = 8000
TOLD = {"cond": None, "steps": 2, "seed": 0}


@pytest.fixture(scope="module")
def digits():
    return md.load("digits")


def tone(samples=6400, rate=RATE):
    return 0.1 * (2 * torch.pi * 440 * torch.arange(samples) / rate).sin()[None]


@pytest.mark.parametrize(
    ("rate", "subtype"),
    [
        (8000, "PCM_16"), (44_100, "PCM_16"), (44_100, "PCM_24"),
        (16_000, "FLOAT"), (8000, "DOUBLE"),
    ],
)  # fmt: skip
def test_bit_for_bit(digits, tmp_path, rate, subtype):
    sound = tone(2 * rate, rate)[0].double().numpy() + 0.01
    both = np.stack([sound, 0.5 * sound], 1)
    soundfile.write(tmp_path / "in.wav", both, rate, subtype=subtype)
    gap = operator_of({"--gap": (1.0, 1.1)})
    (path,) = mended(
        digits, str(tmp_path / "in.wav"), gap, 1, tmp_path, **TOLD | {"seed": 5}
    )
    assert path.name == "in-5.wav"
    kinds = {"PCM_16": "int16", "PCM_24": "int32", "FLOAT": "float32"}
    kind = kinds.get(subtype, "float64")
    old, _ = soundfile.read(tmp_path / "in.wav", dtype=kind)
    new, found = soundfile.read(path, dtype=kind)
    assert found == rate
    assert new.shape == old.shape
    lost = slice(rate, rate + rate // 10)
    same = new == old
    assert same[: lost.start].all()
    assert same[lost.stop :].all()
    assert same[lost].mean() < 0.1
    assert np.abs(new[lost]).max() > 0


def test_a_band_comes_at_the_model_s_rate(digits, tmp_path):
    soundfile.write(tmp_path / "in.wav", tone(2000, 4000)[0].numpy(), 4000)
    low = operator_of({"--lowpass": 1900.0, "--gap": None})
    (path,) = mended(digits, str(tmp_path / "in.wav"), low, 1, tmp_path, **TOLD)
    rate, wave = wavfile.read(path)
    assert (rate, len(wave)) == (8000, 4000)


@pytest.mark.parametrize(
    "damage", [{"--lowpass": 2000.0}, {"--noisy": 0.02}, {"--reverb": 0.1}]
)
def test_damage_of_which_no_number_is_known(tmp_path, damage):
    hiss = 0.1 * torch.randn(8000, generator=torch.Generator().manual_seed(0))
    soundfile.write(tmp_path / "in.wav", hiss.numpy(), 16_000)
    operator, hits = operator_of(damage), md.load("drums-waveform")
    (path,) = mended(hits, str(tmp_path / "in.wav"), operator, 1, tmp_path, **TOLD)
    made, rate = soundfile.read(path)
    assert (rate, made.shape) == (16_000, (8000,))
    assert np.abs(made).max() > 0.01


@pytest.mark.parametrize("ends", [(1.9, 2.0), (0.0, 0.1)])
def test_a_gap_to_an_end_at_another_rate(digits, tmp_path, ends):
    soundfile.write(tmp_path / "in.wav", tone(88_200, 44_100)[0].numpy(), 44_100)
    (path,) = mended(
        digits, str(tmp_path / "in.wav"), md.Gap(*ends), 1, tmp_path, **TOLD
    )
    assert len(soundfile.read(path)[0]) == 88_200
    beyond = str(tmp_path / "in.wav"), md.Gap(1.9, 2.1), 1, tmp_path
    with pytest.raises(ValueError, match=r"gap: 1.9 to 2.1 s is outside .* 2 s"):
        list(mended(digits, *beyond, **TOLD))


def test_a_silent_channel_stays_silent(digits, tmp_path):
    wave = tone()[0].numpy()
    ask = md.Gap(0.2, 0.3), 1, tmp_path
    soundfile.write(tmp_path / "a.wav", np.stack([wave, 0 * wave], 1), RATE)
    (path,) = mended(digits, str(tmp_path / "a.wav"), *ask, **TOLD)
    made, _ = soundfile.read(path)
    assert not made[:, 1].any()
    assert made[1600:2400, 0].any()
    soundfile.write(tmp_path / "b.wav", np.stack([0 * wave, 0 * wave], 1), RATE)
    with pytest.raises(ValueError, match=r"file: b.wav: .* only silence"):
        list(mended(digits, str(tmp_path / "b.wav"), *ask, **TOLD))


def test_short_and_empty_files(tmp_path):
    model, told = md.load("digits-enhance"), {"steps": None, "seed": 0}
    for channels in (1, 2):
        file = tmp_path / f"{channels}.wav"
        soundfile.write(file, np.full((1, channels), 0.1), RATE)
        (path,) = repairs(model, str(file), {}, None, 1, tmp_path, told)
        assert soundfile.read(path, always_2d=True)[0].shape == (1, channels)
    soundfile.write(tmp_path / "none.wav", np.zeros(0), RATE)
    with pytest.raises(ValueError, match=r"file: none.wav holds no sound"):
        list(repairs(model, str(tmp_path / "none.wav"), {}, None, 1, tmp_path, told))


def test_no_answer_is_written_if_one_has_no_seed(digits, tmp_path):
    told = {"steps": 2, "seed": 2**63 - 1}
    with pytest.raises(ValueError, match="seed"):
        repairs(digits, "any.wav", {"--gap": (0.1, 0.2)}, None, 2, tmp_path, told)


def test_one_kind_of_damage():
    for told in ({"--gap": None}, {"--gap": (0.1, 0.2), "--lowpass": 500.0}):
        with pytest.raises(ValueError, match="say one of --gap"):
            operator_of(told)


def test_the_shell(tmp_path, monkeypatch, capsys):
    from minidiff import cli

    file = tmp_path / "in.wav"
    soundfile.write(file, tone()[0].numpy(), RATE)

    def run(*arguments, name="digits"):
        command = ["minidiff", "repair", name, *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, "".join(capsys.readouterr())

    ask = file, "--out", tmp_path / "out", "--steps", 2
    gap = "--gap", 0.2, 0.35, "--soft", 0.01
    code, said = run(*ask, *gap, "-n", 2, "--label", "seven")
    assert code == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "in-0.wav", "in-1.wav",
    ]  # fmt: skip
    for arguments, told in (
        ([*ask, "--gap", 0.2, 0.9], "outside the sound"),
        ([*ask, "--lowpass", 5000], "above half the rate"),
        ([*ask, "--clipped", 0.1], "acts on waveforms"),
        ([*ask], "say one of"),
        ([*ask, "--noisy", 0.1], "Noisy acts on waveforms"),
        ([*ask, "--reverb", 0.1], "Reverb acts on waveforms"),
        ([*ask, "--lowpass", 2000, "--soft", 0.01], "there is no --gap"),
        ([*ask, "--gap", 0.2, 0.3, "--soft", -1], "soft must be"),
        (["none.wav", *ask[1:], "--gap", 0.1, 0.2], "there is no file"),
    ):
        code, said = run(*arguments)
        assert code == 2
        assert told in said

    clean = file, "--out", tmp_path / "clean"
    code, said = run(*clean, "-n", 2, name="digits-enhance")
    assert code == 0, said
    model = md.load("digits-enhance")
    for k, path in enumerate(sorted((tmp_path / "clean").iterdir())):
        rate, made = wavfile.read(path)
        assert (path.name, rate) == (f"in-{k}.wav", 8000)
        noisy = torch.from_numpy(soundfile.read(file)[0])[None]
        true = model.enhance(noisy, seed=k)
        assert np.abs(made / 32768 - true[0].numpy()).max() < 1e-4
    for more in (["--gap", 0.1, 0.2], ["--lowpass", 0], ["--label", "seven"]):
        code, said = run(*clean, *more, name="digits-enhance")
        assert code == 2
        assert f"{more[0]}: this model takes noise out" in said
    code, said = run(*clean, name="digits-vocoder")
    assert code == 2
    assert "makes no sounds by itself" in said
