"""The delay pattern, there and back."""

import pytest
import torch

from minidiff.rivals.delay import delayed, undelayed


def codes(b=2, n=5, books=3):
    return torch.arange(b * n * books).view(b, n, books)


def test_every_book_is_a_step_later():
    rows = delayed(torch.tensor([[[1, 2], [3, 4], [5, 6]]]), 9)
    assert rows.tolist() == [[[1, 9], [3, 2], [5, 4], [9, 6]]]


@pytest.mark.parametrize("lag", [0, 1, 2])
@pytest.mark.parametrize("books", [1, 3, 8])
def test_there_and_back(lag, books):
    x = codes(books=books)
    rows = delayed(x, -1, lag)
    assert rows.shape == (2, 5 + lag * (books - 1), books)
    assert (rows >= 0).sum() == x.numel()  # nothing twice, nothing lost
    assert torch.equal(undelayed(rows, lag), x)


def test_without_delay_nothing_moves():
    assert torch.equal(delayed(codes(), -1, 0), codes())


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: delayed(codes(), 9, -1), "lag must"),
        (lambda: delayed(codes(n=0), 9), "codes must be"),
        (lambda: undelayed(codes(n=2)), "rows: 2 are too few for 3 books"),
    ],
)
def test_bad_wishes(ask, said):
    with pytest.raises(ValueError, match=said):
        ask()
