"""Which files a folder holds, whatever a system leaves there and however names go."""

import os
import unicodedata

import numpy as np
import pytest
import soundfile

from minidiff.data import folder
from minidiff.data.files import files_in, legible, parts

HIDDEN = [".Trash-1000", "__MACOSX", "$RECYCLE.BIN", "@eaDir", "lost+found", ".git"]


def names(place):
    files, bad = files_in(place)
    return ["/".join(parts(f, place)) for f in files], bad


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("depth", ["", "class", "class/inner"])
def test_what_a_system_hides_is_hidden_at_every_depth(tmp_path, hidden, depth):
    (tmp_path / "class" / "inner").mkdir(parents=True)
    (tmp_path / depth / hidden / "deeper").mkdir(parents=True)
    (tmp_path / "class" / "a.wav").touch()
    for file in ("b.wav", "deeper/c.wav"):
        (tmp_path / depth / hidden / file).touch()
    for file in ("._a.wav", ".DS_Store", "Thumbs.db", "desktop.ini"):
        (tmp_path / depth / file).touch()
    assert names(tmp_path) == (["class/a.wav"], {})


def test_links_are_followed_once(tmp_path):
    for place in ("here/a", "far/b"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "x.wav").touch()
    here = tmp_path / "here"
    (here / "1").symlink_to(tmp_path / "far")
    (here / "2").symlink_to(here / "a")
    (here / "a" / "up").symlink_to(tmp_path)
    (here / "round").symlink_to(here)
    (here / "gone").symlink_to("nowhere")
    os.mkfifo(here / "pipe")
    found, bad = names(here)
    assert found == ["1/b/x.wav", "a/x.wav"]
    assert {path.name: reason.split()[-1] for path, reason in bad.items()} == {
        "2": "anyway", "up": "anyway", "round": "anyway", "gone": "nowhere",
        "pipe": "file",
    }  # fmt: skip


def test_a_folder_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.wav").touch()
    before = type(tmp_path).iterdir

    def iterdir(path):
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return before(path)

    monkeypatch.setattr(type(tmp_path), "iterdir", iterdir)
    reason = "cannot be read: Permission denied"
    assert names(tmp_path) == (["a.wav"], {tmp_path / "closed": reason})


def test_names_have_one_form():
    composed, decomposed = (unicodedata.normalize(f, "Türe") for f in ("NFC", "NFD"))
    assert composed != decomposed
    assert legible(composed) == legible(decomposed) == composed
    assert legible(os.fsdecode(b"T\xfcre")) == composed


def test_two_forms_of_a_name_are_one_class(tmp_path):
    rng = np.random.default_rng(0)
    places = ["Tür".encode(), unicodedata.normalize("NFD", "Tür").encode(), b"T\xfcr"]
    for i, place in enumerate(places):
        soundfile.write(tmp_path / f"{i}.wav", rng.uniform(-0.1, 0.1, 4000), 8000)
        inside = tmp_path / os.fsdecode(place)
        inside.mkdir()
        (tmp_path / f"{i}.wav").rename(inside / f"{i}.wav")
    data = folder(tmp_path, samples=2000)
    assert data.names == ["Tür"]
    assert sorted(data.keys) == ["Tür/0.wav", "Tür/1.wav", "Tür/2.wav"]
