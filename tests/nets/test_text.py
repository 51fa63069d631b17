"""Words for nets: padding is silent, order counts, null is no word."""

import pytest
import torch

import minidiff as md
from minidiff.nets.conditions import Conditions
from minidiff.nets.dit import DiT
from minidiff.nets.text import Attend, Text

KIND = "words", 20, 6
TOKENS = torch.tensor([[3, 7, 1, 0, 0, 0], [5, 5, 2, 9, 4, 0], [0, 0, 0, 0, 0, 0]])


def small(awake, dims=2, **options):
    torch.manual_seed(0)
    return awake(
        md.UNet(dims=dims, channels=(8, 16, 24), classes={"caption": KIND}, **options)
    )


def test_attention_is_a_softmax_over_what_is_heard():
    torch.manual_seed(0)
    net = Attend(8, 5, heads=1)
    x, told = torch.randn(2, 3, 8), torch.randn(2, 4, 5)
    heard = torch.tensor([[True, True, False, True], [True, False, False, False]])
    k, v = net.kv(told).chunk(2, dim=2)
    scores = net.q(x) @ k.mT / 8**0.5
    scores[~heard[:, None].expand_as(scores)] = -torch.inf
    expected = net.out(scores.softmax(2) @ v)
    torch.testing.assert_close(net(x, told, heard), expected)
    torch.testing.assert_close(net(x, told, heard)[1], net.out(v[1, :1]).expand(3, -1))


def test_padding_says_nothing():
    torch.manual_seed(0)
    text = Text(20, 6, width=16)
    padded, heard = text(TOKENS)
    assert heard.sum(1).tolist() == [4, 6, 1]
    alone, _ = text(TOKENS[:1, :3])
    torch.testing.assert_close(padded[:1, :4], alone)
    torch.nn.init.normal_(text.table.weight)  # whatever padding's own vector is
    torch.testing.assert_close(text(TOKENS)[0][:1, :4], text(TOKENS[:1, :3])[0])


def test_the_order_of_words_counts():
    torch.manual_seed(0)
    text = Text(20, 6, width=16)
    a, b = (text(torch.tensor([row]))[0][0, 0] for row in ([3, 7, 1], [1, 7, 3]))
    assert (a - b).norm() > 1e-3


@pytest.mark.parametrize("dims", [1, 2])
def test_a_net_hears_padded_words_as_the_words_alone(awake, dims):
    net = small(awake, dims)
    x, t = torch.randn(1, 1, *(16, 24)[:dims]), torch.rand(1)
    padded, alone = (net(x, t, {"caption": c}) for c in (TOKENS[:1], TOKENS[:1, :3]))
    torch.testing.assert_close(padded, alone, rtol=1e-4, atol=1e-5)
    other = net(x, t, {"caption": TOKENS[:1].flip(1)})
    assert (padded - other).abs().max() > 1e-3


def test_no_word_is_null(awake):
    net = small(awake)
    x, t = torch.randn(3, 1, 16, 24), torch.rand(3)
    nobody = net(x, t)
    torch.testing.assert_close(net(x, t, TOKENS[2:].expand(3, -1)), nobody)
    mixed = net(x, t, TOKENS)
    torch.testing.assert_close(mixed[2], nobody[2], rtol=1e-4, atol=1e-5)
    assert (mixed[0] - nobody[0]).abs().max() > 1e-3


def test_every_weight_is_of_use(awake):
    net = small(awake, along=True)
    net(torch.randn(3, 1, 16, 24), torch.rand(3), TOKENS).square().sum().backward()
    for name, p in net.named_parameters():
        # words that nobody says have no gradient, all else has
        assert p.grad is not None, name
        assert p.grad.any(), name


def test_it_learns_what_words_say(learned):
    torch.manual_seed(0)
    net = md.UNet(channels=(8, 16), classes={"caption": KIND}, mid=1)
    tokens = torch.tensor([[1, 2, 0], [2, 1, 0]]).repeat(4, 1)
    x0 = torch.ones(8, 1, 8, 8) * torch.tensor([1.0, -1.0] * 4).view(8, 1, 1, 1)
    right, wrong = learned(net, x0, tokens)
    assert right < 0.7
    assert wrong > 1.5 * right


def test_a_vector_and_words_are_dropped_together():
    net = md.UNet(channels=(8, 16), classes={"caption": KIND, "voice": 3})
    denoiser = md.Denoiser(net, md.Cosine(), "v", drop=0.5)
    cond = {"caption": TOKENS[:2].repeat(20, 1), "voice": torch.arange(40) % 3}
    null = torch.rand(40) < 0.5
    dropped = denoiser._dropped(cond, null)
    assert ((dropped["caption"] == 0).all(1) == null).all()
    assert ((dropped["voice"] == 3) == null).all()
    assert torch.equal(dropped["caption"][~null], cond["caption"][~null])


def test_words_are_for_nets_that_ask_for_them():
    with pytest.raises(ValueError, match="classes: 'caption' must be"):
        DiT(classes={"caption": KIND})
    with pytest.raises(ValueError, match="classes: 'b' must be"):
        Conditions({"a": KIND, "b": KIND}, 8, asks=True)
    for wrong in (("words", 20), ("words", 20, 0), ("words", 20, 6, 1)):
        with pytest.raises(ValueError, match="classes: 'caption' must be"):
            md.UNet(classes={"caption": wrong})


@pytest.mark.parametrize(
    ("tokens", "error", "says"),
    [
        (TOKENS.float(), TypeError, "int64"),
        (TOKENS[:2], ValueError, r"\(3, words\)"),
        (TOKENS.repeat(1, 2), ValueError, "at most 6 words"),
        (TOKENS + 15, ValueError, r"0\.\.20"),
        (TOKENS - 1, ValueError, r"0\.\.20"),
    ],
)
def test_wrong_tokens_are_told(tokens, error, says):
    denoiser = md.Denoiser(
        md.UNet(channels=(8, 16), classes={"caption": KIND}), md.Cosine(), "v"
    )
    with pytest.raises(error, match=says):
        denoiser(torch.zeros(3, 1, 8, 8), 0.5, {"caption": tokens})
