"""A reference is read as the model can take it, and a walk begins where it should."""

import warnings

import pytest
import soundfile
import torch

import minidiff as md
from minidiff.control.reference import begun, heard, known_from, times_from

RATE, N = 8000, 800


def tone(n=N, rate=RATE, hertz=440.0, size=0.5):
    return size * torch.sin(2 * torch.pi * hertz * torch.arange(n) / rate)[None]


class TestHeard:
    def test_a_tensor_of_the_right_length_is_itself(self):
        wave = tone()
        assert torch.equal(heard(wave, RATE, N), wave)
        assert torch.equal(heard(wave[0], RATE, N), wave)
        assert heard(wave.double(), RATE, N).dtype == torch.float32

    def test_a_short_one_is_followed_by_silence(self):
        found = heard(tone(300), RATE, N)
        assert torch.equal(found[:, :300], tone(300))
        assert not found[:, 300:].any()

    def test_a_long_one_is_cut_faded_out_and_warned_of(self):
        with pytest.warns(UserWarning, match="of its 0.20 s the model takes the first"):
            found = heard(tone(1600), RATE, N)
        assert found.shape == (1, N)
        assert torch.equal(found[:, :600], tone()[:, :600])
        assert found[0, -1].abs() < 1e-6

    def test_an_example_brings_its_rate_and_is_cut_without_a_word(self):
        rain = md.example("rain")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            same = heard(rain, 16_000, 16_000)
            lower = heard(rain, 8000, 8000)
        assert torch.equal(same, rain.fitted(16_000))
        assert lower.shape == (1, 8000)
        # every second sample, but for what 8 kHz cannot hold
        low = torch.fft.rfft(same)[0, :2000] - 2 * torch.fft.rfft(lower)[0, :2000]
        assert low.abs().mean() < 0.05 * torch.fft.rfft(same)[0, :2000].abs().mean()

    @pytest.mark.parametrize("channels", [1, 2])
    def test_a_file_brings_its_rate_and_its_channels_are_averaged(
        self, channels, tmp_path
    ):
        file, wave = tmp_path / "a.wav", tone(4410, 44_100)[0]
        both = torch.stack([wave, 0.5 * wave][:channels], 1)
        soundfile.write(file, both.numpy(), 44_100, subtype="FLOAT")
        found = heard(file, RATE, N)
        size = {1: 0.5, 2: 0.375}[channels]
        middle = slice(100, 650)
        expected = tone(size=size)[:, middle]
        torch.testing.assert_close(found[:, middle], expected, atol=0.02, rtol=0)
        assert torch.equal(heard(str(file), RATE, N), found)

    def test_what_resampling_overshoots_is_brought_back(self, tmp_path):
        square = torch.sign(tone(4000, 16_000, 400.0, 1.0))[0]
        soundfile.write(tmp_path / "a.wav", square.numpy(), 16_000)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert heard(tmp_path / "a.wav", RATE, N).abs().max() <= 1

    @pytest.mark.parametrize(
        ("wave", "words"),
        [
            (torch.zeros(1, N), "nothing is heard"),
            (1e-5 * tone(), "nothing is heard"),
            (tone().expand(2, -1), "average the channels"),
            (tone()[None], "one mono sound"),
            (torch.full((1, N), torch.nan), "NaN"),
            (torch.zeros(1, 0), "empty"),
            (32_767 * tone(), r"reaches 1.64e\+04"),
        ],
    )
    def test_what_cannot_be_a_reference(self, wave, words):
        with pytest.raises(ValueError, match=words):
            heard(wave, RATE, N)

    @pytest.mark.parametrize("wave", [tone().int(), 3.0, tone().numpy(), tone().half()])
    def test_what_is_of_another_type(self, wave):
        with pytest.raises(TypeError):
            heard(wave, RATE, N)

    def test_files_that_are_none(self, tmp_path):
        with pytest.raises(ValueError, match="there is no file"):
            heard(tmp_path / "none.wav", RATE, N)
        with pytest.raises(ValueError, match="there is no file"):
            heard(tmp_path, RATE, N)
        (tmp_path / "text.wav").write_text("hello")
        with pytest.raises(ValueError, match=r"reference: text.wav: not a sound"):
            heard(tmp_path / "text.wav", RATE, N)
        soundfile.write(tmp_path / "empty.wav", tone(0)[0].numpy(), RATE)
        with pytest.raises(ValueError, match="empty"):
            heard(tmp_path / "empty.wav", RATE, N)
        soundfile.write(
            tmp_path / "nan.wav", (torch.nan * tone()[0]).numpy(), RATE, subtype="FLOAT"
        )
        with pytest.raises(ValueError, match="NaN"):
            heard(tmp_path / "nan.wav", RATE, N)

    def test_channels_that_cancel_are_told_from_silence(self, tmp_path):
        both = torch.cat([tone(), -tone()]).T
        soundfile.write(tmp_path / "both.wav", both.numpy(), RATE)
        with pytest.raises(ValueError, match=r"channels of both.wav cancel"):
            heard(tmp_path / "both.wav", RATE, N)
        soundfile.write(tmp_path / "none.wav", 0 * both.numpy(), RATE)
        with pytest.raises(ValueError, match="nothing is heard"):
            heard(tmp_path / "none.wav", RATE, N)


class TestBegun:
    def test_one_for_all_or_one_each(self):
        one, _ = begun(tone(), 0.3, 3, RATE, N)
        assert one.shape == (3, N)
        assert torch.equal(one[2:], tone())
        each, strength = begun([tone(), tone(hertz=300.0)], None, 2, RATE, N)
        assert torch.equal(each[1:], tone(hertz=300.0))
        assert strength == 0.5
        with pytest.raises(ValueError, match="expected 1 or 3"):
            begun([tone(), tone()], 0.3, 3, RATE, N)
        with pytest.raises(ValueError, match="the list is empty"):
            begun([], 0.3, 1, RATE, N)

    def test_none_and_all_of_the_way(self):
        assert begun(None, None, 2, RATE, N) == (None, 1.0)
        assert begun(tone(), 1, 2, RATE, N) == (None, 1.0)
        with pytest.raises(ValueError, match="nothing is heard"):  # looked at, all same
            begun(torch.zeros(1, N), 1, 1, RATE, N)

    @pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
    def test_strength_is_from_0_to_1(self, strength):
        with pytest.raises(ValueError, match=r"strength must be in \[0, 1\]"):
            begun(tone(), strength, 1, RATE, N)

    def test_strength_alone_says_nothing(self):
        with pytest.raises(ValueError, match="reference"):
            begun(None, 0.5, 1, RATE, N)


class TestTimes:
    whole = md.noise_times(md.Cosine(), 20)

    @pytest.mark.parametrize("strength", [0.999, 0.9, 0.5, 0.0684, 0.01, 1e-4])
    def test_they_fall_from_the_strength_to_0(self, strength):
        times = times_from(self.whole, strength)
        assert times[0] == strength
        assert times[-1] == 0
        assert (times.diff() < 0).all()
        below = (self.whole < strength).sum().item()
        assert len(times) - 1 == min(below, 20)

    def test_all_of_them_are_the_whole_walk(self):
        assert torch.equal(times_from(self.whole, 1), self.whole)
        for k in (3, 10, 19):
            rest = times_from(self.whole, self.whole[k].item())
            torch.testing.assert_close(rest, self.whole[k:])

    def test_no_way_to_go(self):
        with pytest.raises(ValueError, match="no way"):
            times_from(self.whole, 0)
        with pytest.raises(ValueError, match="strength"):
            times_from(self.whole, 1.5)

    def test_those_that_were_learned(self):
        assert known_from([0.99, 0.8, 0.25, 0], 0.8).tolist() == [0.8, 0.25, 0]
        assert known_from([0.99, 0.8, 0.25, 0], 1).tolist() == [0.99, 0.8, 0.25, 0]
        with pytest.raises(ValueError, match=r"0\.99, 0\.8, 0\.25 only, got 0\.5"):
            known_from([0.99, 0.8, 0.25, 0], 0.5)
