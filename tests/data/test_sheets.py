"""Sheets of music: melodies out of ABC and MIDI, and where a file is wrong."""

import json

import pytest

from minidiff.data.sheets import Sheet, of_abc, read

HEAD = "X:1\nT:Test\nM:4/4\nL:1/8\n"


def test_notes_lengths_keys_and_rests():
    sheet = of_abc(HEAD + "Q:1/4=90\nK:D\nD2 F z c/2c/ ^g, |=f4 z4|]\n")
    assert sheet.title == "Test"
    assert sheet.tempo == 90
    assert sheet.melody == [
        (62, 1.0, 0.0), (66, 0.5, 1.0), (73, 0.25, 2.0), (73, 0.25, 2.25),
        (68, 0.5, 2.5), (77, 2.0, 3.0),
    ]  # fmt: skip


def test_repeats_chords_ties_grace_notes_and_triplets():
    sheet = of_abc(HEAD + "K:C\n|: C2 [EG]2 {d}e2-e2 :|\n(3abc a6 |]\n")
    first = [(60, 1.0, 0.0), (64, 1.0, 1.0), (67, 1.0, 1.0), (76, 2.0, 2.0)]
    assert sheet.melody[:4] == first
    assert sheet.melody[4:8] == [(p, b, s + 4) for p, b, s in first]
    assert [p for p, _, _ in sheet.melody[8:]] == [81, 83, 72, 81]
    assert sheet.melody[9][1:] == pytest.approx((1 / 3, 8 + 1 / 3))
    assert sheet.tempo == 120


def test_one_of_many(tmp_path):
    file = tmp_path / "two.abc"
    file.write_text("%abc\n" + HEAD + "K:C\nC4|]\n\nX:2\nT:Other\nL:1/4\nK:G\nF2|]\n")
    assert read(file).melody == [(60, 2.0, 0.0)]
    assert read(file, 2) == Sheet([(66, 2.0, 0.0)], 120, "Other")
    with pytest.raises(ValueError, match="tune"):
        read(file, 3)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (HEAD + "K:C\nCDEF|\nGA § B|\n", "line 7, column 4"),
        ("%abc\n\n" + HEAD + "K:C\nC §|\n", "line 8, column 3"),
        ("X:1\nT:A\nK:C\nC4|]\n\nX:2\nT:B\nK:C\nA§|\n", "line 9, column 2"),
        (HEAD + "K:Zx\nabc|\n", "line 5, column 3"),
        ("X:1\nT:A\nM:9/x\nK:C\nabc|\n", "line 3, column 3"),
        (HEAD, "line 1, column 1"),
        (HEAD + "abc|\n", "line 5, column 1: notes before the key"),
        (HEAD + "Q:fast\nK:C\nC|\n", "line 5, column 3.*no tempo"),
        (HEAD + "Q:1/4=1001\nK:C\nC|\n", "line 5, column 3: 1001 quarter notes"),
        (HEAD + "Q:1/4=0.5\nK:C\nC|\n", "line 5, column 3: 0.5 quarter notes"),
        (HEAD + "K:C\nC (3:0:3AAA|\n", "line 6, column 3: notes in the time of none"),
        (HEAD + "K:C\nC A99999|\n", "line 6, column 3: longer than 7200"),
        (HEAD + "K:C\nC z99999|\n", "line 6, column 3: longer than 7200"),
        (HEAD + "L:0/8\nK:C\nC|\n", "line 5, column 3.*length"),
        (HEAD + "K:C\nC [EG | A]|\n", "line 6, column 3.*closed"),
        (HEAD + "K:C\nC EG]|\n", "line 6, column 5: ] without"),
        (HEAD + "K:C\nC []|\n", "line 6, column 4.*without notes"),
        (HEAD + "K:C\nC [E[G|\n", "line 6, column 5.*in a chord"),
        (HEAD + "K:C\n> CD|\n", "line 6, column 1: > without"),
        (HEAD + "K:C\nC D0|\n", "line 6, column 4.*zero"),
        (HEAD + "K:C\nC ^|\n", "line 6, column 3"),
        (HEAD + "K:C\nC c" + 7 * "'" + "|\n", "line 6, column 3.*out of range"),
        (HEAD + "K:C\nCD [K:Q] E|\n", "line 6, column 7.*no key"),
        (HEAD + "K:C\nV:1\nC|\nV:2\nE|\n", "line 8, column 3.*second voice"),
        (HEAD + "K:C\n|:C|[1-2-3 D:|\n", "line 6, column 10.*no sign of ABC"),
        (HEAD + "K:C\nC D" + 5000 * "9" + "|\n", "line 6, column 3: longer than"),
        (HEAD + "K:C\nC (3::" + 5000 * "9" + "CDE|\n", "line 6, column 10"),
        (HEAD + "L:1/" + 5000 * "9" + "\nK:C\nC|\n", "line 5, column 3: '1/9{18}' is"),
        (
            HEAD + "M:" + 5000 * "9" + "/4\nK:C\nC|\n",
            "line 5, column 3: '9{20}' is no m",
        ),
        (HEAD + "Q:" + 5000 * "9" + "\nK:C\nC|\n", "line 5, column 3: '9{20}' is no t"),
        (HEAD + "K:C\nC D" + 2000 * "/" + "|\n", "line 6, column 13: '/'"),
        (HEAD + "K:C\nC D" + 99 * ">>>" + "E|\n", "line 6, column 7: >>> without"),
        (HEAD + "K:C\n" + 5000 * "C|" + "\n", "line 6, column 8000: more than 4000 b"),
        (HEAD + "K:C\n" + 5000 * "C" + "\n", "line 6, column 4001: more than 4000 n"),
        (HEAD + "K:C\n|:" + 3000 * "C|" + "C:|\n", "line 1.*: more .*with its repeats"),
        ("hello", "line 1, column 1"),
        ("", "line 1, column 1"),
    ],
)
def test_where_an_abc_is_wrong(tmp_path, text, where):
    file = tmp_path / "bad.abc"
    file.write_text(text)
    with pytest.raises(ValueError, match=f"bad.abc, {where}"):
        read(file, 2 if "X:2" in text else 1)


@pytest.mark.parametrize(
    ("key", "bent"),
    [
        ("C", "cdefgab"), ("G", "cde^fgab"), ("Em", "cde^fgab"), ("Bb", "cd_efga_b"),
        ("D mix", "cde^fgab"), ("Ador", "cde^fgab"), ("F#m", "^cde^f^gab"),
        ("Am ^g", "cdef^gab"), ("C exp _b", "cdefga_b"), ("none", "cdefgab"),
        ("HP", "^cde^fgab"), ("Gmixolydian", "cdefgab"), ("D clef=treble", None),
    ],
)  # fmt: skip
def test_keys(key, bent):
    plain = of_abc(HEAD + f"K:{key}\ncdefgab|\n").melody
    assert plain == of_abc(HEAD + f"K:C\n{bent or '^cde^fgab'}|\n").melody


@pytest.mark.parametrize(
    ("written", "as_played"),
    [
        ("A|B|", "AB"), ("|:A|B:|C|", "ABABC"), ("A|B:|C|D:|", "ABABCDCD"),
        ("|:A|:B:|", "ABB"), ("A||B:|", "ABB"), ("|:A||B:|", "ABAB"),
        ("|:A|1B:|2C|D|", "ABACD"), ("A|[1B:|[2C||D|E:|", "ABACDEDE"),
        ("|:A|1B|C:|2D|E:|F|", "ABCADEF"), ("|:A|1,2B:|3C|", "ABABAC"),
        ("|:A|1-3B:|4C|", "ABABABAC"), ("|:A::B:|", "AABB"), ("|:A:||:B:|]", "AABB"),
        ("C|:A:|", "CAA"), ("|:A|\n|B:|\n", "ABAB"),
    ],
)  # fmt: skip
def test_repeats(written, as_played):
    names = {60 + "C D EF G A B".index(k): k for k in "CDEFGAB"}
    sheet = of_abc(HEAD + f"K:C\n{written}\n")
    assert "".join(names[p] for p, _, _ in sheet.melody) == as_played


def test_lengths():
    """In eighths."""
    for written, lengths in {
        "A A2 A/ A// A3/2 A/4": [1, 2, 0.5, 0.25, 1.5, 0.25],
        "A>A A<A A>>A": [1.5, 0.5, 0.5, 1.5, 1.75, 0.25],
        "(3AAA (3:2:2AA A (2AA": [2 / 3] * 3 + [2 / 3] * 2 + [1] + [1.5] * 2,
        "[A2C2]2 A": [4, 4, 1],
        "A-A A2-|A": [2, 3],
        '"Am"A !trill!A ~A {g}A (AA) yA': [1] * 7,
    }.items():
        melody = of_abc(HEAD + f"K:C\n{written}|\n").melody
        assert [2 * b for _, b, _ in melody] == pytest.approx(lengths), written
    six = of_abc("X:1\nM:6/8\nK:C\n(5AAAAA Z2 A|\n").melody
    assert [b for _, b, _ in six[:5]] == pytest.approx([0.3] * 5)
    assert six[5][2] == pytest.approx(1.5 + 2 * 3)  # two bars of rest


def test_accidentals_last_to_the_end_of_the_bar():
    melody = of_abc(HEAD + "K:G\n=F f ^c C|f c [K:C] f|\n").melody
    assert [p for p, _, _ in melody] == [65, 77, 73, 61, 78, 72, 77]
    tied = of_abc(HEAD + "K:C\n^F2-|F2 F2|\n").melody
    assert [(p, b) for p, b, _ in tied] == [(66, 2.0), (65, 1.0)]


def test_a_corpus_is_read_as_its_midi_was(recordings):
    """Other readers' MIDI: they also play rolls, and swing hornpipes."""
    from minidiff.data.prepared import prepared

    folder = prepared("melodies")
    lines = (folder / "melodies.jsonl").read_text("utf-8").splitlines()
    known = {
        (tune["title"], tuple(p for p, _ in tune["notes"] if p))
        for tune in map(json.loads, lines)
    }
    text = (folder / "melodies.abc").read_text("utf-8")
    tunes, read_, alike = text.split("\n\nX:")[::5], 0, 0
    for tune in tunes:
        try:
            sheet = of_abc("X:" + tune.removeprefix("X:"))
        except ValueError:  # a slip of the pen, or a text that no field holds
            continue
        read_ += 1
        alike += (sheet.title, tuple(p for p, _, _ in sheet.melody)) in known
    assert read_ >= 0.99 * len(tunes)
    assert alike >= 0.84 * len(tunes)


def test_files_that_are_none(tmp_path):
    (tmp_path / "latin.abc").write_bytes(HEAD.encode() + b"K:C\nC\xe9|\n")
    (tmp_path / "empty.abc").write_text(HEAD + "K:C\n\n")
    (tmp_path / "tune.txt").write_text("C")
    for name, said in {
        "latin.abc": "line 6, column 2.*UTF-8",
        "empty.abc": "no note",
        "tune.txt": "expected",
        "missing.abc": "no file",
    }.items():
        with pytest.raises(ValueError, match=said):
            read(tmp_path / name)


mido = pytest.importorskip("mido")


def midi(file, ticks=480, drums=False):
    score = mido.MidiFile(ticks_per_beat=ticks)
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)])
    score.tracks.append(track)
    for on, pitch, wait in [(1, 60, 0), (1, 67, ticks), (0, 60, ticks), (0, 67, ticks)]:
        kind = "note_on" if on else "note_off"
        track.append(mido.Message(kind, note=pitch, velocity=64, time=wait))
    if drums:
        track.append(mido.Message("note_on", note=36, channel=9, time=0))
    score.save(file)


@pytest.mark.parametrize("drums", [False, True])
def test_midi(tmp_path, drums):
    midi(tmp_path / "a.mid", drums=drums)
    sheet = read(tmp_path / "a.mid")
    assert sheet.tempo == 120
    assert sheet.title == "a"
    with pytest.raises(ValueError, match=r"tune: its number in a.mid must be in"):
        read(tmp_path / "a.mid", 2)
    assert [tuple(round(x, 6) for x in n) for n in sheet.melody] == [
        (60, 2.0, 0.0), (67, 2.0, 1.0),
    ]  # fmt: skip


def test_where_a_midi_is_wrong(tmp_path):
    midi(tmp_path / "a.mid")
    content = (tmp_path / "a.mid").read_bytes()
    still = content.replace((500_000).to_bytes(3, "big"), bytes(3))
    fast = content.replace((500_000).to_bytes(3, "big"), (59_999).to_bytes(3, "big"))
    frames = content[:12] + bytes([256 - 25, 40]) + content[14:]
    for name, part, where in (
        ("fast", fast, "track 1, byte .*: .*1000.02 quarter notes a minute"),
        ("frames", frames, "track 1, byte .*: .*frames of a film"),
        ("cut", content[:40], "track 1, byte 40"),
        ("text", b"hello", "track 0, byte 5"),
        ("none", b"", "track 0, byte 0"),
        ("still", still, f"track 1, byte {len(content)}.*a beat of no length"),
    ):
        (tmp_path / f"{name}.mid").write_bytes(part)
        with pytest.raises(ValueError, match=f"{name}.mid, {where}"):
            read(tmp_path / f"{name}.mid")
