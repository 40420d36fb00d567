"""The suite is refused when an option has no marked test."""

from __future__ import annotations

import option_markers
import pytest

SETTINGS = {"zoom", "size"}
FLAGS = {"upscale --factor", "upscale --output", "decode --output"}


@pytest.mark.parametrize(
    ("marked", "found"),
    [
        (["zoom", "size", "upscale --factor", "--output"], []),
        (["zoom", "size", "upscale --factor", "upscale --output", "--output"], []),
        (["size", "upscale --factor", "--output"], ["no test has @pytest.mark.option('zoom')"]),
        (["zoom", "size", "--output"], ["no test has @pytest.mark.option('upscale --factor')"]),
        (
            ["zoom", "size", "upscale --factor", "upscale --output"],
            ["no test has @pytest.mark.option('decode --output')"],
        ),
        (["zoom", "size", "--factor", "--output", "tilt"], ["@pytest.mark.option('tilt') names no option"]),
        (
            ["zoom", "size", "upscale --factor", "--factor", "--output"],
            ["@pytest.mark.option('--factor') names no option"],
        ),
    ],
)
def test_options_without_a_test_and_markers_without_an_option_are_found(marked: list[str], found: list[str]) -> None:
    assert option_markers.complaints(marked, SETTINGS, FLAGS) == found


def test_settings_and_options_of_commands_are_looked_for() -> None:
    settings, flags = option_markers.wanted()
    assert {"zoom", "size"} <= settings
    assert {"generate --dry-run", "models convert --dtype", "restyle --fps"} <= flags
    assert "generate --zoom" not in flags


@pytest.mark.parametrize(
    ("arguments", "failing"),
    [(["tests"], True), (["."], True), (["tests/test_loop.py"], False), (["tests/faults"], False)],
)
def test_only_the_whole_suite_fails(
    arguments: list[str], failing: bool, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = request.session
    monkeypatch.setattr(session.config, "args", [str(option_markers.TESTS.parent / a) for a in arguments])
    failures = list(option_markers.check(session, []))
    assert bool(failures) == failing
    for item in failures:
        with pytest.raises(pytest.fail.Exception, match=r"no test has @pytest.mark.option\('zoom'\)"):
            item.runtest()
