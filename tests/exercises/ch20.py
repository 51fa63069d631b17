"""Chapter 20: right answers, and wrong ones with the hint that each should get."""

import math

import torch
import torch.nn.functional as F


def non_saturating(scores):
    return F.softplus(-scores).mean()


def by_logsigmoid(scores):
    return -F.logsigmoid(scores).mean()


def by_bce(scores):
    return F.binary_cross_entropy_with_logits(scores, torch.ones_like(scores))


def naive(scores):
    return -scores.sigmoid().log().mean()


def saturating(scores):
    return (1 - scores.sigmoid()).log().mean()


def helping(scores):
    return F.softplus(scores).mean()


def upwards(scores):
    return F.logsigmoid(scores).mean()


def total(scores):
    return F.softplus(-scores).sum()


def each(scores):
    return F.softplus(-scores)


def no_log(scores):
    return -scores.sigmoid().mean()


def wasserstein(scores):
    return -scores.mean()


def both(real, fake):
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def cut(G, D, real, z):
    return both(D(real), D(G(z).detach()))


def without_slope(G, D, real, z):
    with torch.no_grad():
        fake = G(z)
    return both(D(real), D(fake))


def frozen(G, D, real, z):
    for p in G.parameters():
        p.requires_grad_(False)
    loss = both(D(real), D(G(z)))
    for p in G.parameters():
        p.requires_grad_(True)
    return loss


def as_it_was(G, D, real, z):
    return both(D(real), D(G(z)))


def too_late(G, D, real, z):
    return both(D(real), D(G(z)).detach())


def real_too(G, D, real, z):
    return both(D(real), D(G(z))).detach()


def without_made(G, D, real, z):
    return F.softplus(-D(real)).mean()


def wrong_one(G, D, real, z):
    return both(D(real).detach(), D(G(z).detach()))


def least(p, q):
    D = p / (p + q)
    return -(p * D.log() + q * (1 - D).log()).sum()


def by_divergence(p, q):
    return 2 * math.log(2) - 2 * js(p, q)


def js(p, q):
    m = (p + q) / 2
    return ((p * (p / m).log()).sum() + (q * (q / m).log()).sum()) / 2


def with_lists(p, q):
    return -sum(
        a * math.log(a / (a + b)) + b * math.log(b / (a + b))
        for a, b in zip(p.tolist(), q.tolist(), strict=True)
    )


def quantised(books, x):
    codes, left = [], x
    for book in books:
        codes.append(torch.cdist(left, book).argmin(1))
        left = left - book[codes[-1]]
    return torch.stack(codes, 1)


def by_told(books, x):
    """With the sum of what was said, in float32 and by squares."""
    told, codes = torch.zeros_like(x), []
    for book in books:
        far = ((x - told)[:, None] - book[None]).square().sum(2)
        codes += [far.argmin(1).int()]
        told = told + book[codes[-1].long()]
    return torch.stack(codes, 1)


def each_alone(books, x):
    return torch.stack([torch.cdist(x, book).argmin(1) for book in books], 1)


def plus(books, x):
    codes, left = [], x
    for book in books:
        codes.append(torch.cdist(left, book).argmin(1))
        left = left + book[codes[-1]]
    return torch.stack(codes, 1)


def last_alone(books, x):
    codes, left = [], x
    for book in books:
        codes.append(torch.cdist(left, book).argmin(1))
        left = x - book[codes[-1]]
    return torch.stack(codes, 1)


def in_place(books, x):
    codes = []
    for book in books:
        codes.append(torch.cdist(x, book).argmin(1))
        x -= book[codes[-1]]
    return torch.stack(codes, 1)


def turned(books, x):
    return quantised(books, x).T


def backwards(books, x):
    return quantised(books.flip(0), x).flip(1)


def surest(net, tokens, words):
    x = tokens.clone()
    while (x == words).any():
        likely, word = net(x).softmax(2).max(2)
        likely[x != words] = -1
        i = likely.argmax()
        x.view(-1)[i] = word.view(-1)[i]
    return x


def by_hand(net, tokens, words):
    x = tokens[0].tolist()
    while words in x:
        scores = net(torch.tensor([x]))[0].log_softmax(1)
        ways = [(scores[i].max(), i) for i in range(len(x)) if x[i] == words]
        i = max(ways)[1]
        x[i] = int(scores[i].argmax())
    return x


def by_scores(net, tokens, words):
    x = tokens[0].tolist()
    while words in x:
        scores = net(torch.tensor([x]))[0]
        ways = [(scores[i].max(), i) for i in range(len(x)) if x[i] == words]
        i = max(ways)[1]
        x[i] = int(scores[i].argmax())
    return x


def shown_wins(net, tokens, words):
    x = tokens.clone()
    while (x == words).any():
        likely, word = net(x).softmax(2).max(2)
        i = likely.argmax()
        x[0, i] = word[0, i]
    return x


def at_once(net, tokens, words):
    return torch.where(tokens == words, net(tokens).argmax(2), tokens)


def from_left(net, tokens, words):
    x = tokens.clone()
    for i in range(x.shape[1]):
        if x[0, i] == words:
            x[0, i] = net(x)[0, i].argmax()
    return x


def least_sure(net, tokens, words):
    x = tokens.clone()
    while (x == words).any():
        likely, word = net(x).softmax(2).max(2)
        likely[x != words] = 2
        i = likely.argmin()
        x.view(-1)[i] = word.view(-1)[i]
    return x


def over_all(net, tokens, words):
    return (net(tokens).argmax(2) + 1) % words


def one_only(net, tokens, words):
    x = tokens.clone()
    x[0, 0] = net(x)[0, 0].argmax()
    return x


def on_the_spot(net, tokens, words):
    tokens[:] = surest(net, tokens, words)
    return tokens


def weight(n, m):
    return 1 / (m * math.comb(n, m))


def by_factorials(n, m):
    return math.factorial(m - 1) * math.factorial(n - m) / math.factorial(n)


def by_sum(n, m):
    t = (torch.arange(200_000).double() + 0.5) / 200_000
    return (t ** (m - 1) * (1 - t) ** (n - m)).mean()


RIGHT = [
    ("ex-20-1", 0.75),
    ("ex-20-1", "3/4"),
    ("ex-20-1", torch.tensor(0.75)),
    ("ex-20-2", non_saturating),
    ("ex-20-2", by_logsigmoid),
    ("ex-20-2", by_bce),
    ("ex-20-3", cut),
    ("ex-20-3", without_slope),
    ("ex-20-3", frozen),
    ("ex-20-4", least),
    ("ex-20-4", by_divergence),
    ("ex-20-4", with_lists),
    ("ex-20-5", 0.44),
    ("ex-20-5", "0,436"),
    ("ex-20-5", 1 / math.log((0.9 + math.sqrt(0.81 + 0.36)) / 0.2)),
    ("ex-20-6", 503),
    ("ex-20-6", "503"),
    ("ex-20-6", torch.tensor(500 + 4 - 1)),
    ("ex-20-7", quantised),
    ("ex-20-7", by_told),
    ("ex-20-8", surest),
    ("ex-20-8", by_hand),
    ("ex-20-9", weight),
    ("ex-20-9", by_factorials),
    ("ex-20-9", by_sum),
    ("ex-20-10", "3, 1, 8"),
    ("ex-20-10", [3, 1, 8]),
    ("ex-20-10", torch.tensor([3.0, 1.0, 8.0])),
    ("ex-20-10", "3, 1 and 8"),
    ("ex-20-10", {"A": "3", "B": "1", "C": "8"}),
]
WRONG = [
    ("ex-20-1", 0.25, "to be *made*"),
    ("ex-20-1", 3, "a ratio"),
    ("ex-20-1", 0.5, "A coin"),
    ("ex-20-1", 1, "cannot be sure"),
    ("ex-20-1", 0.9, "Of four points"),
    ("ex-20-2", saturating, "saturating"),
    ("ex-20-2", helping, "help the critic"),
    ("ex-20-2", upwards, "mind the sign"),
    ("ex-20-2", total, "not the sum"),
    ("ex-20-2", each, "one number"),
    ("ex-20-2", no_log, "logarithm is missing"),
    ("ex-20-2", wasserstein, "no probability"),
    ("ex-20-2", naive, "softplus"),
    ("ex-20-3", as_it_was, "to be *told*"),
    ("ex-20-3", too_late, "real ones alone"),
    ("ex-20-3", real_too, "nobody learns"),
    ("ex-20-3", without_made, "value was right"),
    ("ex-20-3", wrong_one, "nothing else"),
    ("ex-20-4", lambda p, q: -least(p, q), "above 0"),
    ("ex-20-4", lambda p, q: least(p, q) / 2, "Two sums"),
    ("ex-20-4", lambda p, q: 2 * js(p, q), "against a coin"),
    ("ex-20-4", js, "is the divergence"),
    ("ex-20-4", lambda p, q: 2 * math.log(2), "nothing could be told"),
    ("ex-20-4", lambda p, q: -(p * (p / (p + q)).log()).sum(), "made ones are missing"),
    ("ex-20-5", 1, "Cooler"),
    ("ex-20-5", 0.1, "Warmer"),
    ("ex-20-5", 0, "above 0"),
    ("ex-20-5", 2, "Cooler"),
    ("ex-20-6", 2000, "one token after another"),
    ("ex-20-6", 500, "finer tokens"),
    ("ex-20-6", 504, "only three"),
    ("ex-20-6", 502, "how much later"),
    ("ex-20-7", each_alone, "x itself"),
    ("ex-20-7", plus, "*less* that"),
    ("ex-20-7", last_alone, "so far"),
    ("ex-20-7", in_place, "caller's"),
    ("ex-20-7", turned, "One code a book"),
    ("ex-20-7", backwards, "go on with"),
    ("ex-20-8", shown_wins, "never ends"),
    ("ex-20-8", by_scores, "not scores"),
    ("ex-20-8", at_once, "ask the net again"),
    ("ex-20-8", least_sure, "*least* sure"),
    ("ex-20-8", from_left, "left to right"),
    ("ex-20-8", over_all, "must stay"),
    ("ex-20-8", one_only, "until nothing"),
    ("ex-20-8", on_the_spot, "caller's"),
    ("ex-20-9", lambda n, m: 1 / ((n + 1) * math.comb(n, m)), "is missing"),
    ("ex-20-9", lambda n, m: 1 / m, "of all sets"),
    ("ex-20-9", lambda n, m: 1 / math.comb(n, m), "how often is its size"),
    ("ex-20-9", lambda n, m: n / (m * math.comb(n, m)), "Not n fold"),
    ("ex-20-9", lambda n, m: 2.0, "Integrate"),
    ("ex-20-10", "8, 1, 3", "1 of 3"),
    ("ex-20-10", "1, 3, 8", "1 of 3"),
    ("ex-20-10", "1, 8, 3", "0 of 3"),
    ("ex-20-10", "3, 3, 8", "each once"),
]
