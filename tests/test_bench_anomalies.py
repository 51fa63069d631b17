"""The table of anomalies: who is held against whom."""

import torch

from bench import anomalies
from bench.anomalies import LEFT_OUT, engines, rows
from minidiff.data.engines import FAULTS, STRENGTHS
from minidiff.judging.alarms import auc, auc_error
from minidiff.models import recipes


def loud(waves):
    return {"loud": waves.square().mean(1), "soft": -waves.square().mean(1)}


def test_rows_of_a_score():
    dice = torch.Generator().manual_seed(0)
    usual = {"here": torch.randn(20, 50, generator=dice)}
    other = {
        "more": ("here", 3 * torch.randn(10, 50, generator=dice)),
        "less": ("here", 0.3 * torch.randn(10, 50, generator=dice)),
    }
    found = rows(loud, usual, other)
    assert list(found) == ["loud", "soft"]
    assert found["loud"]["metrics"]["auc more"] == 1
    assert found["loud"]["metrics"]["partial more"] == 1
    assert found["loud"]["metrics"]["auc less"] == 0
    assert found["soft"]["metrics"]["auc less"] == 1
    assert found["loud"]["n"] == {"more": [20, 10], "less": [20, 10]}
    assert set(found["loud"]["metrics"]) == set(found["loud"]["spread"])


def test_one_threshold_for_both_domains():
    """Behind each engine there is another level: alone all are told apart, not both."""
    usual = {"source": torch.full((4, 9), 1.0), "target": torch.full((4, 9), 3.0)}
    strange = {
        f"{domain} misfire faint": (domain, waves + 1)
        for domain, waves in usual.items()
    }
    metrics = rows(loud, usual, strange)["loud"]["metrics"]
    assert metrics["auc source misfire faint"] == 1
    assert metrics["auc target misfire faint"] == 1
    assert metrics["auc both misfire faint"] == 0.75


def test_crowds_of_engines(monkeypatch):
    recipe = recipes.RECIPES["engines"]
    small = {"engines": type(recipe)(**(vars(recipe) | {"data": few}))}
    monkeypatch.setattr("bench.anomalies.RECIPES", small)
    monkeypatch.setattr(anomalies, "FITTED", 2)
    known, others, usual, strange = engines(2)
    assert known.shape == (3, 16_384)
    assert others.shape == (2, 16_384)
    assert not torch.allclose(others, known[:2], atol=1e-3)
    assert list(usual) == ["source", "target"]
    assert len(strange) == 2 * len(FAULTS) * len(STRENGTHS)
    for name, (beside, waves) in strange.items():
        assert name.startswith(beside)
        assert waves.shape == (2, 16_384)
    # every crowd has other engines, so that crowds are independent
    faint = {k: waves for k, (_, waves) in strange.items() if k.endswith("faint")}
    alone = [*usual.values(), *faint.values()]
    for i, one in enumerate(alone):
        for other in alone[:i]:
            assert not torch.allclose(one[0], other[0], atol=1e-2)


def few(split):
    from minidiff.data.engines import Engines

    return Engines(3, split)


def test_the_sweep_has_engines_of_its_own(monkeypatch):
    """Neither those of the training nor those of the test."""
    usual, strange = anomalies.crowds(2, "train", ["clear"], first=10)
    for name, (beside, waves) in strange.items():
        assert name == f"{beside} {name.split(' ', 1)[1]}"
        assert not torch.allclose(waves, usual[beside], atol=1e-3)
    learned = few("train")
    assert not torch.allclose(learned[0][0], usual["source"][0], atol=1e-3)


def test_a_sweep_by_hand(monkeypatch):
    """Maps that are loudest where the wave is: shares of it by themselves."""
    monkeypatch.setattr(anomalies, "FINE", (0.5,))
    monkeypatch.setattr(anomalies, "maps", lambda *_: {"square": squares})
    known = torch.randn(9, 64, generator=torch.Generator().manual_seed(0))
    kept = []
    found = anomalies.swept(None, known, known, 3, 1, kept.append)
    assert list(found) == ["square"]
    assert kept == [found]
    assert set(found["square"]["spread"]) < set(found["square"]["metrics"])
    metrics = found["square"]["metrics"]
    for way in (*(f"share {share:g}" for share in anomalies.SHARES), "by band"):
        faults = [metrics[f"{way}, {fault}"] for fault in FAULTS]
        assert 0 <= min(faults) <= metrics[way] <= max(faults) <= 1


def squares(waves):
    """Maps of four bands."""
    return waves.square().view(len(waves), 1, 4, -1)


def test_by_band_finds_what_the_mean_does_not():
    """More in one band, less in another: as much in all."""
    dice = torch.Generator().manual_seed(0)
    usual, ill = (1 + 0.1 * torch.randn(40, 4, 8, generator=dice) for _ in range(2))
    ill[:, 0] += 0.5
    ill[:, 1] -= 0.5
    known = 1 + 0.1 * torch.randn(40, 4, 8, generator=dice)
    score = anomalies.OfMap("it", lambda x: x[:, None], known)
    calm, strange = score(usual), score(ill)
    assert list(calm) == ["it", "it, peaks", "it, by band"]
    assert 0.3 < auc(calm["it"], strange["it"]) < 0.7
    assert auc(calm["it, by band"], strange["it, by band"]) == 1


def test_the_likelihood_is_asked_of_clear_faults():
    class Known(anomalies.Likelihood):
        def of(self, waves):
            return waves.mean(1)

    waves = torch.rand(3, 8, generator=torch.Generator().manual_seed(0))
    strange = {
        f"{domain} misfire {strength}": (domain, waves)
        for domain in ("source", "target")
        for strength in STRENGTHS
    }
    usual = {"source": waves, "target": waves}
    found = rows(Known(None, waves, 3), usual, strange)
    assert list(found) == ["likelihood", "likelihood, to either side"]
    assert set(found["likelihood"]["n"]) == {
        f"{where} misfire clear" for where in ("source", "target", "both")
    }
    others = {"dog": ("source", waves)}
    assert set(rows(Known(None, waves, 3), usual, others)["likelihood"]["n"]) == {"dog"}


def test_what_is_to_be_strange_was_never_learned():
    assert not set(LEFT_OUT) & set(recipes.RECIPES)  # these do not ship
    assert LEFT_OUT["digits-five"].data is anomalies.five
    assert LEFT_OUT["environment-eight"].data is anomalies.eight
    data = recipes.RECIPES["engines"].data("train")
    assert (data.fault, data.domain, len(data)) == (None, None, 4800)


def test_whom_it_has_never_heard(monkeypatch):
    """Of a data set like that of the digits."""

    class Words(torch.utils.data.Dataset):
        names = label_names = None
        labels = torch.tensor([[0, 0], [1, 1], [2, 0], [0, 0]])
        label_names = {"digit": ["a", "b", "c"], "speaker": ["ann", anomalies.SPEAKER]}

        def __len__(self):
            return 4

        def __getitem__(self, i):
            return torch.full((4,), float(i)), self.labels[i]

    words = {"digits": type("R", (), {"data": staticmethod(lambda split: Words())})}
    monkeypatch.setattr("bench.anomalies.RECIPES", words)
    # neither the other speaker's, nor the one that is kept back
    assert [int(x[0]) for x, _ in anomalies.five("train")] == [2, 3]
    known, others, usual, strange = anomalies.held_out(
        "digits", "speaker", (anomalies.SPEAKER,), 9
    )
    assert sorted(known[:, 0].tolist()) == [2, 3]
    assert others[:, 0].tolist() == [0]
    assert sorted(usual["usual"][:, 0].tolist()) == [0, 2, 3]
    assert strange[anomalies.SPEAKER][1][:, 0].tolist() == [1]


def test_a_mean_of_areas_has_the_error_of_one_where_all_are_one():
    dice = torch.Generator().manual_seed(0)
    usual, ill = (torch.randn(50, generator=dice) + k for k in (0, 1))
    value, error = anomalies.mean_auc([(usual, ill)])
    assert abs(value - auc(usual, ill)) < 1e-9
    assert abs(error - auc_error(usual, ill)) < 1e-9
    more = [(usual, torch.randn(50, generator=dice) + 1) for _ in range(3)]
    assert anomalies.mean_auc(more)[1] < error


def test_a_gap_to_the_first_score():
    """Of the same sounds: none to itself."""
    dice = torch.Generator().manual_seed(0)
    usual = {"here": torch.randn(20, 50, generator=dice)}
    other = {"more": ("here", 1.2 * torch.randn(10, 50, generator=dice))}
    first = {}
    one = rows(loud, usual, other, first)
    assert (one["loud"]["metrics"]["gap more"], one["loud"]["spread"]["gap more"]) == (
        0,
        0,
    )
    again = rows(lambda x: {"again": -loud(x)["soft"]}, usual, other, first)
    assert again["again"]["metrics"]["gap more"] == 0
    assert one["soft"]["metrics"]["gap more"] < 0 < one["soft"]["spread"]["gap more"]


def test_some_recordings_are_kept_back():
    class Cuts(torch.utils.data.Dataset):
        origin = torch.arange(16).repeat_interleave(3)

        def __len__(self):
            return 48

        def __getitem__(self, i):
            return torch.tensor([float(i)]), torch.tensor(0)

    left, back = anomalies.halves(Cuts())
    assert len(left) == 42
    assert len(back) == 6
    assert not set(left.origin.tolist()) & set(back.origin.tolist())
