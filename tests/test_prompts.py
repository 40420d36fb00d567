"""The prompt grammar."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqclip.errors import UsageError
from vqclip.runs import directory
from vqclip.schedules import Key, Position, Schedule
from vqclip.settings.prompts import Prompt, doubts, format, join_lines, normal, parse, parse_scenes, with_files

SCHEDULE = Schedule.parse("0:0, 50%:-2 cosine")


@pytest.mark.parametrize(
    "text",
    [
        "at 12:30 sharp",
        "at 12:30",
        "Alien: a poster",
        "ratio 16:9",
        "50:50",
        "12:30:15",
        "http://example.org:8080",
        "see https://example.org/a:1",
        "Chapter: 2",
        "100% ${HOME} ??? no {} %s",
        "C:\\cat",
        "<b>[red]",
    ],
)
def test_fault_28_a_colon_inside_text_is_text(text: str) -> None:
    assert parse(text) == (Prompt(text),)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a red apple", [Prompt("a red apple")]),
        ("apple:2", [Prompt("apple", 2)]),
        ("apple:.5", [Prompt("apple", 0.5)]),
        ("apple:-1:-.5", [Prompt("apple", -1, -0.5)]),
        ("apple:1e-2", [Prompt("apple", 0.01)]),
        ("a cat:1:0.6", [Prompt("a cat", 1, 0.6)]),
        ("area 51 :2", [Prompt("area 51", 2)]),
        ("at 12:30 :2:0.1", [Prompt("at 12:30", 2, 0.1)]),
        ("http://x.org :0.5", [Prompt("http://x.org", 0.5)]),
        ("C:\\cat.png:0.5", [Prompt("C:\\cat.png", 0.5)]),
        ("a\\:b", [Prompt("a:b")]),
        ("a\\:2", [Prompt("a:2")]),
        ("this\\|that", [Prompt("this|that")]),
        ("back\\\\slash", [Prompt("back\\slash")]),
        ("forest | fog:0.5|people:-0.3 ", [Prompt("forest"), Prompt("fog", 0.5), Prompt("people", -0.3)]),
        ("Title\\:", [Prompt("Title:")]),
        ("x\\^2", [Prompt("x^2")]),
        ("[look.png]", [Prompt("look.png", kind="image")]),
        ("[s3://b/a look.png]:0.5", [Prompt("s3://b/a look.png", 0.5, kind="image")]),
        ("[C:\\my looks\\a.JPG]:-0.5 | b", [Prompt("C:\\my looks\\a.JPG", -0.5, kind="image"), Prompt("b")]),
        ("\\[look.png]", [Prompt("[look.png]")]),
        ("[red] apple", [Prompt("[red] apple")]),
        ("[red]", [Prompt("[red]")]),
        ("poster:[draft]", [Prompt("poster:[draft]")]),
        ("poster:[a:b]", [Prompt("poster:[a:b]")]),
        ("fog:[0:0, 50%:-2 cosine]:.1", [Prompt("fog", -2, 0.1, schedule=SCHEDULE)]),
        ("fog:0:0, 50%:-2 cosine", [Prompt("fog", -2, schedule=SCHEDULE)]),
        (
            "at 12:30 :0:0,50%:-2 cosine @left | b",
            [Prompt("at 12:30", -2, schedule=SCHEDULE, region="left"), Prompt("b")],
        ),
        ("Psalms 1:2, 3:4", [Prompt("Psalms 1:2, 3:4")]),
        ("at 12:30, 13:45", [Prompt("at 12:30, 13:45")]),
        ("area 51:[0:0,50%:-2 cosine]", [Prompt("area 51", -2, schedule=SCHEDULE)]),
        ("apple @left", [Prompt("apple", region="left")]),
        ("area 51 @Center", [Prompt("area 51", region="centre")]),
        ("apple:2:0.1 @top-left | b @up", [Prompt("apple", 2, 0.1, region="top-left"), Prompt("b", region="top")]),
        ("apple:.5 @[my sky.png]", [Prompt("apple", 0.5, region="[my sky.png]")]),
        ("[a.png] @[-C:\\b.png]", [Prompt("a.png", kind="image", region="[-C:\\b.png]")]),
        ("apple:2_left", [Prompt("apple", 2, region="left")]),
        ("apple:2_r:0.1", [Prompt("apple", 2, 0.1, region="right")]),
        ("apple:1_[sky.png]", [Prompt("apple", region="[sky.png]")]),
        ("trending on @artstation", [Prompt("trending on @artstation")]),
        ("lunch \\@top", [Prompt("lunch @top")]),
        # A part before the weight means what it means behind it.
        ("apple @left:2", [Prompt("apple", 2, region="left")]),
        ("area 51 @[m.png]:2:0.1", [Prompt("area 51", 2, 0.1, region="[m.png]")]),
        ("[a.png] @left:0.5", [Prompt("a.png", 0.5, kind="image", region="left")]),
        ("fog @left:0:0, 50%:-2 cosine", [Prompt("fog", -2, schedule=SCHEDULE, region="left")]),
        # Addresses, handles and brackets of texts stay texts.
        ("info@top.de", [Prompt("info@top.de")]),
        ("me@left-bank.org:2", [Prompt("me@left-bank.org", 2)]),
        ("https://x.org/@left", [Prompt("https://x.org/@left")]),
        ("a [b] c]", [Prompt("a [b] c]")]),
        ("me\\@left and \\[b", [Prompt("me@left and [b")]),
    ],
)
def test_weights_stops_and_escapes(source: str, expected: list[Prompt]) -> None:
    assert list(parse(source)) == expected


@pytest.mark.parametrize(
    ("source", "position"),
    [
        ("", 1),
        ("   ", 1),
        ("a||b", 3),
        ("a|", 3),
        ("|", 1),
        ("apple:", 6),
        ("apple: ", 6),
        (":2", 1),
        ("a | b:", 6),
        ("a ^", 4),
        ("a ^ b | ^ c", 8),
        ("^", 1),
        ("a || ", 5),
        ("fog:[0:0, 5:x]", 5),
        ("fog:[5:1, 5:2]", 5),
        ("@left", 1),
        ("a @lefft", 4),
        ("a:1_near", 5),
        ("a @[ ]", 4),
        ("a:1_left @right", 5),
        ("a:2@left", 4),
        ("a@left", 2),
        ("a@[m.png]", 2),
        ("a @left of it", 3),
        ("a @left: 2", 3),
        ("a @left @right", 3),
        ("a @left:2 @right", 3),
        ("a:1_[sky.png", 5),
        ("[a.png", 1),
        ("[a.png:2", 1),
        ("a @[sky.png", 4),
        ("a:[0:0, 9:1 cosine", 3),
        ("a [b | c]", 3),
        ("a:0.5:0.2:0.1", 2),
        ("area 51 :1:2:3", 9),
    ],
)
def test_fault_27_what_is_empty_or_broken_is_named_by_its_position(source: str, position: int) -> None:
    with pytest.raises(UsageError, match=f"position {position}:") as caught:
        parse_scenes(source)
    assert caught.value.exit_code == 2
    caret = caught.value.message.splitlines()[2]
    assert caret.index("^") == 2 + position - 1


def test_a_slip_shows_the_right_spelling() -> None:
    with pytest.raises(UsageError) as caught:
        parse("a tree:2@left")
    assert caught.value.hint == "Write it as in 'a tree:2 @left'. '\\@' is text."
    assert parse("a tree:2 @left") == (Prompt("a tree", 2, region="left"),)


def test_a_number_that_may_be_meant_as_a_weight_is_reported() -> None:
    assert doubts(parse("a tree: 2")) == [
        "the prompt 'a tree: 2' ends in a number that is text; as a weight: 'a tree:2'."
    ]
    assert doubts(parse("a tree:2 | at 12: 30 | Alien: a poster | [a.png]")) == []


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e309", "NaN", "Infinity"])
def test_fault_24_non_finite_weights_and_stops_are_refused(number: str) -> None:
    with pytest.raises(UsageError, match="not a finite number, at position 7"):
        parse(f"apple:{number}")
    with pytest.raises(UsageError, match=r"the stop .* is not a finite number"):
        parse(f"apple:1:{number}")


def test_fault_24_all_weights_zero_is_refused_but_one_zero_is_not() -> None:
    with pytest.raises(UsageError, match="weight 0"):
        parse("a:0|b:0.0")
    assert [p.weight for p in parse("a:0|b:1")] == [0, 1]


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_fault_30_nul_and_lone_surrogates_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"position 2"):
        parse(text)


@pytest.mark.parametrize("text", ["ein Haus 🏠", "红苹果", "תפוח אדום", "\x1b[31mred"])
def test_fault_30_other_text_survives(text: str) -> None:
    assert parse(text)[0].text == text


_texts = (
    (
        st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1)
        | st.text(st.sampled_from("ab:|\\ 19.-e/"), min_size=1)
    )
    .map(lambda text: normal(text).strip())
    .filter(bool)
)
_weights = st.floats(allow_nan=False, allow_infinity=False)
_stops = _weights | st.just(-math.inf)
_kinds = st.just("text") | st.just("image")
_regions = st.sampled_from(["", "", "left", "bottom-right", "[a|b @[c^.png]", "[-C:\\m.png]"])


def _prompt(text: str, weight: float, stop: float, kind: str, changing: bool, region: str) -> Prompt:
    text = f"{text}.png" if kind == "image" else text
    schedule = Schedule((Key(Position(0.0), weight), Key(Position(50.0, True), 0.0, "cosine"))) if changing else None
    return Prompt(text, weight, stop, kind, schedule, region)


@given(
    st.lists(st.builds(_prompt, _texts, _weights, _stops, _kinds, st.booleans(), _regions), min_size=1, max_size=4)
)
def test_format_then_parse_gives_the_same_prompts(prompts: list[Prompt]) -> None:
    if all(prompt.weight == 0 for prompt in prompts):
        prompts = [*prompts, Prompt("anything")]
    assert parse(format(tuple(prompts))) == tuple(prompts)


@given(st.text(max_size=60) | st.text(st.sampled_from("ab.png:|^[]@\\ 0%,1"), max_size=40))
def test_any_text_gives_prompts_or_one_usage_error(source: str) -> None:
    try:
        scenes = parse_scenes(source)
    except UsageError as error:
        assert error.exit_code == 2
    else:
        for prompts in scenes:
            assert prompts
            assert all(prompt.text == prompt.text.strip() != "" for prompt in prompts)
            assert parse(format(prompts)) == prompts


def test_scenes_are_parted_by_carets_or_by_pyttis_two_bars() -> None:
    expected = ((Prompt("a"), Prompt("b", 0.5)), (Prompt("c"),))
    assert parse_scenes("a | b:0.5 ^ c") == expected
    assert parse_scenes("a|b:0.5^c") == expected
    assert parse_scenes("a | b:0.5 || c") == expected
    with pytest.raises(UsageError, match=r"only runs have scenes, which \^ separates, at position 3"):
        parse("a ^ b")
    with pytest.raises(UsageError, match="in scene 2, every prompt has the weight 0"):
        parse_scenes("a ^ b:0")


def test_file_names_change_and_nothing_else_does() -> None:
    assert with_files("a || b:.50", str.upper) == "a || b:.50"
    assert with_files("a ^ [b.png]:.50 | c", str.upper) == "a ^ [B.PNG]:0.5 | c"
    assert with_files("b.png|d.png:2", str.upper, "image") == "B.PNG | D.PNG:2.0"
    assert with_files("a @[m.png] | b:2 @[-n.png] | c @left", str.upper) == "a @[M.PNG] | b:2.0 @[-N.PNG] | c @left"
    assert with_files("", str.upper) == ""


def test_format_stays_readable_where_no_escape_is_needed() -> None:
    assert format(parse("Alien: a poster | fog:0.5")) == "Alien: a poster | fog:0.5"


def test_lines_are_prompts_scenes_and_remarks() -> None:
    lines = ["# a story", "a seed", "", "  mud:0.5 ", "^", "a tree", "^ snow | a house:-0.3", "\\#1"]
    assert join_lines(lines) == "a seed | mud:0.5 ^ a tree ^ snow | a house:-0.3 | #1"
    assert [[p.text for p in scene] for scene in parse_scenes(join_lines(lines))] == [
        ["a seed", "mud"], ["a tree"], ["snow", "a house", "#1"],
    ]  # fmt: skip
    assert join_lines(["", "# nothing"]) == ""


@pytest.mark.slow
@pytest.mark.option("generate --prompt-file")
def test_prompts_come_from_a_file_or_standard_input(call: Any, small: dict[str, Any], monkeypatch: Any) -> None:
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in {**small, "iterations": 1}.items()]
    Path("prompts.txt").write_text("\ufeffAlien: a poster\n# no\nat 12:30:0.5\n", encoding="utf-8")
    assert call("generate", "--prompt-file", "prompts.txt", "--seed", "0", "-o", "a", *flags).code == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"Alien: a poster | at 12:30:0.5\n")))
    assert call("generate", "-", "--seed", "0", "-o", "b", *flags).code == 0
    kept = directory.read_manifest(Path("a")).settings
    assert kept.prompt == directory.read_manifest(Path("b")).settings.prompt == "Alien: a poster | at 12:30:0.5"
    # Zero is a seed like any other, a colon is text, and the picture is the same to the byte.
    assert kept.seed == 0
    assert Path("a/image.png").read_bytes() == Path("b/image.png").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["a tree", "--prompt-file", "some.txt"], 2, "prompt_file cannot be used with a prompt"),
        (["--prompt-file", "remarks.txt"], 2, "remarks.txt holds no prompt"),
        (["--prompt-file", "gone.txt"], 4, "gone.txt: there is no such file"),
        (["--prompt-file", "latin.txt"], 4, "latin.txt, line 2: it is not UTF-8"),
        (["-"], 2, "standard input holds no prompt"),
    ],
)
def test_a_file_without_prompts_is_refused(
    call: Any, monkeypatch: Any, arguments: list[str], code: int, words: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\n")))
    Path("some.txt").write_text("a tree\n")
    Path("remarks.txt").write_text("# a tree\n")
    Path("latin.txt").write_bytes(b"a\n\xe4\n")
    answer = call("generate", *arguments)
    assert (answer.code, words in answer.err) == (code, True), answer.err
