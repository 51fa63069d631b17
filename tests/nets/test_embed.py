"""Embeddings: what is null, what adds up, what does not matter."""

import pytest
import torch

import minidiff as md
from minidiff.nets.conditions import Conditions
from minidiff.nets.dit import DiT
from minidiff.nets.embed import (
    Labels,
    Mels,
    Sequences,
    TimeEmbedding,
)
from minidiff.nets.embed import Vectors as Vector

FLOATS = [(Vector(3, 8), (5, 3)), (Sequences(3, 8), (5, 7, 3)), (Mels(3, 8), (5, 3, 9))]
floats = pytest.mark.parametrize(("embed", "shape"), FLOATS)


def test_times_a_table_step_apart_are_told_apart():
    embed = TimeEmbedding(32)
    t = torch.linspace(0, 1, 1001)
    angle = t[:, None] * embed.speeds
    waves = torch.cat([angle.sin(), angle.cos()], 1)
    assert (waves[1:] - waves[:-1]).norm(dim=1).min() > 0.5
    assert (embed.speeds[0] / embed.speeds[-1]).item() == pytest.approx(8660, rel=0.01)
    assert embed.speeds[0] == 1000


def test_null_is_a_label_of_its_own():
    embed = Labels(4, 8)
    assert embed.null(3).tolist() == [4, 4, 4]
    vectors = embed(torch.arange(5))
    assert len({tuple(v) for v in vectors.tolist()}) == 5


@floats
def test_null_is_learned_and_item_by_item(embed, shape):
    torch.nn.init.normal_(embed.nothing)
    c = torch.randn(shape)
    plain = embed(c)
    c[2] = torch.nan
    mixed = embed(c)
    assert torch.equal(mixed[2], embed.nothing)
    assert torch.allclose(mixed[[0, 1, 3, 4]], plain[[0, 1, 3, 4]])
    assert torch.equal(embed(embed.null(5)), embed.nothing.expand(5, -1))
    mixed.sum().backward()
    for p in embed.parameters():
        assert p.grad.isfinite().all()


def test_sequences_of_any_length_and_order():
    embed, c = Sequences(3, 8), torch.randn(2, 6, 3)
    assert torch.allclose(embed(c), embed(c.flip(1)), atol=1e-6)
    assert torch.allclose(embed(c), embed(c.repeat(1, 2, 1)), atol=1e-6)
    assert not torch.allclose(embed(c), embed(c[:, :3]), atol=1e-3)


@floats
def test_what_is_said_matters(embed, shape):
    a, b = embed(torch.randn(2, *shape[1:]))
    assert (a - b).norm() > 1e-2


def test_conditions_add_up_by_name():
    net = Conditions({"digit": 3, "speaker": 2, "text": ("sequence", 4)}, 8)
    digit, text = torch.tensor([1, 3]), torch.randn(2, 5, 4)
    found = net({"text": text, "digit": digit}, 2)
    e = net.embedders
    expected = e["digit"](digit) + e["text"](text) + e["speaker"](torch.tensor([2, 2]))
    assert torch.allclose(found, expected)


def test_a_bare_tensor_is_the_only_condition():
    net, label = Conditions({"label": 3}, 8), torch.tensor([1, 0])
    assert torch.equal(net(label, 2), net({"label": label}, 2))
    assert torch.equal(net(None, 2), net(net.null(label), 2))
    assert net.null({"label": label})["label"].tolist() == [3, 3]


def test_no_conditions_add_nothing():
    assert Conditions({}, 8)(None, 2) == 0


def test_frames_stand_beside_the_waveform_and_not_in_the_sum():
    net = Conditions({"drum": 3, "mel": ("frames", 4, 10)}, 8, dims=1)
    torch.nn.init.normal_(net.embedders["mel"].nothing)
    drum, mel, x = torch.tensor([1, 2]), torch.randn(2, 4, 3), torch.zeros(2, 1, 21)
    cond = {"drum": drum, "mel": mel}
    assert torch.equal(net(cond, 2), net.embedders["drum"](drum))
    assert torch.equal(net.beside(cond, x)[0], mel)


def test_a_null_frame_is_learned_and_item_by_item():
    net = Conditions({"mel": ("frames", 4, 10)}, 8, dims=1)
    nothing = torch.nn.init.normal_(net.embedders["mel"].nothing)
    mel, x = torch.randn(2, 4, 3), torch.zeros(2, 1, 30)
    null = nothing[:, None].expand(2, 4, 3)
    assert torch.equal(net.beside(None, x)[0], null)
    assert torch.equal(net.beside(net.null(mel), x)[0], null)
    mel[1] = torch.nan
    (mixed,) = net.beside(mel, x)
    assert torch.equal(mixed[0], mel[0])
    assert torch.equal(mixed[1], null[1])
    mixed.sum().backward()
    assert torch.equal(net.embedders["mel"].nothing.grad, torch.full((4,), 3.0))


@pytest.mark.parametrize(("samples", "frames"), [(20, 3), (21, 2), (30, 2), (31, 3)])
def test_a_wrong_number_of_frames_is_told(samples, frames):
    net = Conditions({"mel": ("frames", 4, 10)}, 8, dims=1)
    says = f"{frames} frames, but x has {samples} samples: with a hop of 10"
    with pytest.raises(ValueError, match=says):
        net.beside(torch.randn(2, 4, frames), torch.zeros(2, 1, samples))


def test_frames_are_held_for_their_samples():
    kinds = {"mel": ("frames", 4, 10), "wave": ("frames", 1, 1)}
    net, x = Conditions(kinds, 8, dims=1), torch.randn(2, 1, 25)
    mel, wave = torch.randn(2, 4, 3), torch.randn(2, 1, 25)
    joined = net.joined({"mel": mel, "wave": wave}, x)
    assert joined.shape == (2, 6, 25)
    assert torch.equal(joined[:, :1], x)
    assert torch.equal(joined[:, 1:5, [0, 9, 10, 24]], mel[:, :, [0, 0, 1, 2]])
    assert torch.equal(joined[:, 5:], wave)


def test_a_picture_stands_beside_a_picture():
    net = Conditions({"drum": 3, "seen": ("picture", 2)}, 8, dims=2)
    nothing = torch.nn.init.normal_(net.embedders["seen"].nothing)
    x, seen = torch.randn(2, 1, 5, 7), torch.randn(2, 2, 5, 7)
    joined = net.joined({"seen": seen}, x)
    assert torch.equal(joined, torch.cat([x, seen], dim=1))
    null = nothing[:, None, None].expand(2, 2, 5, 7)
    for nobody in (None, net.null({"seen": seen})):
        assert torch.equal(net.joined(nobody, x)[:, 1:], null)
    seen[1] = torch.nan
    assert torch.equal(net.joined({"seen": seen}, x)[1, 1:], null[1])
    with pytest.raises(ValueError, match=r"'seen' has size \(4, 7\), but x has .*5, 7"):
        net.joined({"seen": torch.randn(2, 2, 4, 7)}, x)


def test_frames_are_for_nets_that_hear_them():
    md.UNet(dims=1, channels=(8, 16), classes={"mel": ("frames", 3, 4)})
    for net in (md.UNet, DiT):
        with pytest.raises(ValueError, match="classes: 'mel' must be"):
            net(classes={"mel": ("frames", 3, 4)})
