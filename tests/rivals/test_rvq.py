"""Residual quantisation: each book says what those before it have left."""

import pytest
import torch

from minidiff.rivals.rvq import RVQ, columns, k_means, nearest, pictures


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def vectors(n=600, d=6):
    return torch.randn(n, d, generator=dice(), dtype=torch.float64)


def coarse_to_fine():
    """Books of which each is far finer than the one before: no sum is ambiguous."""
    books = torch.randn(3, 8, 5, generator=dice(), dtype=torch.float64)
    books /= (
        torch.cdist(books, books)
        .flatten(1)
        .topk(9, largest=False)[0]
        .amax(1)[:, None, None]
    )
    return RVQ(books * torch.tensor([1.0, 0.05, 0.0025])[:, None, None])


def test_what_is_a_sum_of_entries_comes_back_exactly():
    codec = coarse_to_fine()
    codes = torch.cartesian_prod(*[torch.arange(8)] * 3)
    assert torch.equal(codec.encode(codec.decode(codes)), codes)


def test_far_from_zero_the_nearest_entry_is_still_the_nearest():
    x = vectors().float() + 3000
    book = x[:40]
    known = torch.cdist(x.double(), book.double()).argmin(1)
    assert torch.equal(nearest(x, book), known)


def test_the_error_falls_with_every_book():
    x = vectors()
    codec = RVQ.fit(x, books=5, words=16)
    codes = codec.encode(x)
    far = [(codec.decode(codes[:, :k]) - x).square().mean().item() for k in range(1, 6)]
    assert far == sorted(far, reverse=True)
    assert far[-1] < 0.5 * far[0] < 0.5 * x.square().mean()


def test_few_books_are_the_beginning_of_many():
    x = vectors(50)
    codec = RVQ.fit(x, books=3, words=8)
    assert torch.equal(codec.encode(x, 2), codec.encode(x)[:, :2])


def test_one_book_of_every_vector_errs_nowhere():
    x = vectors(20)
    codec = RVQ.fit(x, books=1, words=20, rounds=1)
    torch.testing.assert_close(codec.decode(codec.encode(x)), x)


def test_entries_are_means_of_what_is_nearest_to_them():
    x = vectors(400, 2)
    book = k_means(x, 7, 200, dice())  # until nothing moves
    near = nearest(x, book)
    assert torch.equal(near, torch.cdist(x, book).argmin(1))
    means = torch.stack([x[near == k].mean(0) for k in range(7)])
    torch.testing.assert_close(book, means)


def test_an_entry_that_nothing_is_near_to_moves():
    x = torch.cat([torch.zeros(50, 1), torch.ones(50, 1)]).double()
    x += 1e-3 * vectors(100, 1)
    x[:10] = 0.0  # equal vectors: entries that begin there have nothing to say
    book = k_means(x, 16, 30, dice())
    assert torch.bincount(nearest(x, book), minlength=16).min() > 0


def test_frames_there_and_back():
    z = torch.randn(2, 4, 16, 5, generator=dice())
    x = columns(z)
    assert x.shape == (2, 5, 64)
    assert torch.equal(x[1, 3], z[1, :, :, 3].flatten())
    assert torch.equal(pictures(x, 4), z)


@pytest.mark.usefixtures("unhooked")
@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda c: c.encode(torch.zeros(2, 4).double()), "x must be"),
        (lambda c: c.encode(torch.full((2, 5), torch.nan)), "x holds NaN"),
        (lambda c: c.encode(torch.zeros(2, 5).double(), 4), "books must be"),
        (lambda c: c.decode(torch.zeros(2, 4).long()), "codes: 4 books, of 3"),
        (lambda c: c.decode(torch.full((2, 3), 8)), r"codes must be in 0\.\.7"),
        (lambda c: c.decode(torch.full((2, 3), -1)), r"codes must be in 0\.\.7"),
        (lambda c: c.decode(torch.zeros(2, 3)), "codes must be an int64"),
        (lambda c: RVQ.fit(vectors(7), 2, 8), "x must be .* n >= words = 8"),
        (lambda c: RVQ.fit(vectors(), 0, 8), "books must"),
        (lambda c: RVQ.fit(vectors(), 2, 0), "words must"),
        (lambda c: RVQ.fit(vectors(), 2, 8, rounds=0), "rounds must"),
        (lambda c: RVQ(torch.zeros(2, 3)), "books must be"),
    ],
)
def test_bad_wishes(ask, said):
    with pytest.raises((ValueError, TypeError), match=said):
        ask(coarse_to_fine())
