"""Tests of weights as a file holds them."""

import pytest
import torch
from safetensors.torch import load_file

from minidiff.models.card import write_weights
from minidiff.models.stored import STEP, rounded, stored, weights_in


def test_eight_bits_are_nearer_than_half_a_step_and_half_as_large(tmp_path):
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv1d(64, 48, 9), torch.nn.Embedding(40, 64))
    net[1].weight.data[3] = 0.0  # a row of zeros has no step
    net[1].weight.data[4] *= 1e3
    files = {
        bits: write_weights(tmp_path / f"{bits}.safetensors", net, {}, bits)
        for bits in (8, 16)
    }
    sizes = {bits: file.stat().st_size for bits, file in files.items()}
    assert sizes[8] < 0.55 * sizes[16]
    true, near = net.state_dict(), weights_in(files[8])
    assert {k: w.shape for k, w in near.items()} == {
        k: w.shape for k, w in true.items()
    }
    for name, w in true.items():
        assert near[name].dtype == torch.float32
        if w.dim() < 2:
            assert torch.equal(near[name], w.half().float())
            continue
        most = w.flatten(1).abs().amax(1) / 127 / 2
        off = (near[name] - w).flatten(1).abs().amax(1)
        assert (off <= 1.001 * most).all()
        assert (off > 0.5 * most)[most > 0].all()
    assert not near["1.weight"][3].any()
    net.load_state_dict(near)


def test_sixteen_bits_are_floats_and_whole_numbers_stay_whole(tmp_path):
    net = torch.nn.BatchNorm1d(3)
    file = write_weights(tmp_path / "w.safetensors", net, {})
    assert load_file(file)["num_batches_tracked"].dtype == torch.int64
    assert load_file(file)["weight"].dtype == torch.float16
    assert not [name for name in load_file(file) if name.endswith(STEP)]


def test_what_was_rounded_once_is_not_rounded_again():
    w = torch.randn(5, 7, 3, generator=torch.Generator().manual_seed(1))
    steps, step = rounded(w)
    again, same = rounded(steps.float() * step.view(-1, 1, 1))
    assert torch.equal(steps, again)
    assert torch.allclose(step, same)
    assert steps.abs().amax((1, 2)).tolist() == [127] * 5


def test_a_weight_has_eight_bits_or_sixteen():
    with pytest.raises(ValueError, match="8 or in 16, got 4"):
        stored({"w": torch.zeros(2, 2)}, 4)
