"""Files of a listening test: what is written was given, and names tell nothing."""

import csv

import pytest
import soundfile
import torch

from minidiff.judging.sheets import lay_out

dice = torch.Generator().manual_seed(0)


def tones(n, samples=400):
    waves = 0.5 * torch.rand(n, samples, generator=dice) - 0.25
    return {f"rain, {k}": wave for k, wave in enumerate(waves)}


def test_files_and_sheet_say_the_same(tmp_path):
    sounds = {"made": tones(5), "recorded": tones(5)}
    sheet = lay_out(tmp_path / "new" / "test", sounds, 16_000)
    with sheet.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["sound", "label", "file"]
    assert len(rows) == len({row["file"] for row in rows}) == 10
    for row in rows:
        wave, rate = soundfile.read(sheet.parent / row["file"], dtype="float32")
        assert rate == 16_000
        given = sounds[row["label"]][row["sound"]]
        assert torch.allclose(torch.tensor(wave), given, atol=1e-4)
    order = [row["file"] for row in rows]
    assert order != sorted(order)


def test_it_is_the_same_every_time(tmp_path):
    sounds = {"a": tones(6)}
    one, same, other = (
        lay_out(tmp_path / str(k), sounds, 8000, seed=s).read_text()
        for k, s in enumerate((0, 0, 1))
    )
    assert one == same != other


@pytest.mark.parametrize(
    ("sounds", "words"),
    [
        ({}, "there are none"),
        ({"made": {}}, "there are none"),
        ({"made": {"x": torch.rand(2, 9)}}, "x, made must be"),
        ({"made": {"x": torch.full((9,), torch.nan)}}, "NaN"),
        ({"made": {"x": torch.zeros(0)}}, "empty"),
    ],
)
def test_what_is_no_sound_is_refused(tmp_path, sounds, words):
    with pytest.raises(ValueError, match=words):
        lay_out(tmp_path / "new", sounds, 8000)
    assert not (tmp_path / "new").exists()
