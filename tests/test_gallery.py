"""gallery.html: it finds every run, links to it whatever its name, reads only what changed, and stays fast."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from browser import chromium, needs_browser
from conftest import SMALL
from PIL import Image

import vqclip
from vqclip.jobs import gallery

PROMPT = 'a <b>red</b> apple </script><script>document.title="x"</script>'
FOLDER = 'a 100% "run" #1 日本'


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with a report."""
    folder = tmp_path_factory.mktemp("gallery") / "run"
    list(vqclip.generate(PROMPT, output=folder, seed=5, report=True, **{**SMALL, "iterations": 2}))
    return folder


@pytest.fixture
def runs(drawn: Path, isolated: Path) -> Path:
    """A folder with that run at two depths."""
    for name in (FOLDER, "deep/er/plain"):
        shutil.copytree(drawn, isolated / "runs" / name)
    return isolated / "runs"


def held(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "gallery.html").read_text(encoding="utf-8")
    (block,) = re.findall(r'<script type="application/json" id="runs">(.*?)</script>', text, re.DOTALL)
    found: list[dict[str, Any]] = json.loads(block)["runs"]
    return found


def test_the_page_shows_and_links_every_run_whatever_its_name(runs: Path, call: Any) -> None:
    answer = call("gallery", "runs", "--json")
    assert answer.record["gallery"] == "runs/gallery.html"
    assert (answer.code, answer.record["runs"], answer.record["damaged"]) == (0, 2, [])
    rows = held(runs)
    assert sorted(row["name"] for row in rows) == [FOLDER, "deep/er/plain"]
    for row in rows:
        assert (row["prompt"], row["seed"], row["status"]) == (PROMPT, 5, "finished")
        assert isinstance(row["score"], float)
        for kind, name in {"picture": "image.png", "video": "video.mp4", "report": "report.html"}.items():
            assert (runs / unquote(row[kind])).samefile(runs / row["name"] / name)
            assert not set(row[kind]) & set('"<># :')
        assert Image.open(runs / ".gallery" / row["small"]).size == (32, 32)
    assert call("gallery", "runs", "-q").err == ""


def test_no_prompt_is_markup_and_nothing_is_loaded_from_elsewhere(runs: Path) -> None:
    gallery.write(runs)
    text = (runs / "gallery.html").read_text(encoding="utf-8")
    assert len(re.findall(r"<script\b", text)) == 2
    assert not re.search(r"https?://|@import|url\(", text)
    assert "default-src 'none'" in text


def test_a_second_call_reads_only_what_changed_and_drops_what_is_gone(runs: Path) -> None:
    assert gallery.write(runs).read == 2
    before = {path.name: path.stat().st_mtime_ns for path in (runs / ".gallery").glob("*.jpg")}
    assert gallery.write(runs).read == 0
    assert {path.name: path.stat().st_mtime_ns for path in (runs / ".gallery").glob("*.jpg")} == before
    Image.new("RGB", (48, 24)).save(runs / "deep/er/plain/image.png")
    assert gallery.write(runs).read == 1
    shutil.rmtree(runs / FOLDER)
    assert (gallery.write(runs).runs, len(list((runs / ".gallery").glob("*.jpg")))) == (1, 1)


def test_damaged_runs_are_left_out_with_one_warning(runs: Path, call: Any) -> None:
    for name in ("one", "two"):
        (runs / name).mkdir()
        (runs / name / "run.json").write_text("{")
    answer = call("gallery", "runs")
    assert (answer.code, len(held(runs))) == (0, 2)
    (warning,) = [line for line in answer.err.splitlines() if line.startswith("warning")]
    assert "2 damaged runs are left out" in warning


def test_a_damaged_index_is_written_again_and_links_are_not_followed(runs: Path) -> None:
    gallery.write(runs)
    index = runs / ".gallery" / "index.jsonl"
    index.write_text(index.read_text().replace('"small":"', '"small":"../../'))
    (runs / "again").symlink_to(runs)
    written = gallery.write(runs)
    assert (written.runs, written.read) == (2, 2)


def test_many_runs_are_on_several_pages(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(runs / FOLDER, runs / "deep/er.2")
    monkeypatch.setattr(gallery, "MOST_RUNS", 2)
    assert gallery.write(runs).runs == 3
    assert gallery.write(runs).read == 0, "also where a page ends"
    text = (runs / "gallery-002.html").read_text(encoding="utf-8")
    assert '<a href="gallery.html">1</a> <b aria-current="page">2</b>' in text
    assert [row["name"] for row in held(runs)] == [FOLDER, "deep/er/plain"]
    shutil.rmtree(runs / FOLDER)
    assert gallery.write(runs).read == 0
    assert not (runs / "gallery-002.html").exists()


def test_folders_that_hold_no_run_are_refused(isolated: Path, call: Any) -> None:
    Path("empty").mkdir()
    assert (call("gallery", "empty").code, call("gallery", "nowhere").code) == (2, 4)
    assert not list(Path("empty").iterdir())


@pytest.mark.slow
def test_a_sweep_ends_with_a_gallery(call: Any) -> None:
    options = [part for name, value in SMALL.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    answer = call("sweep", "a red apple", "--vary", "seed=1,2", "-o", "grid", "--jobs", "1", "--json", *options)
    assert answer.lines[-1]["gallery"] == str(Path("grid").resolve() / "gallery.html")
    assert [row["seed"] for row in held(Path("grid"))] == [1, 2]


@pytest.mark.slow
@needs_browser
def test_ten_thousand_runs_scroll_sort_and_search_in_a_browser(runs: Path, tmp_path: Path) -> None:
    gallery.write(runs)
    page, (one, other) = runs / "gallery.html", held(runs)
    many = [other | {"prompt": f"number {n} تفاح", "seed": n, "score": n / 10_000} for n in range(9_999)]
    block = json.dumps({"cache": ".gallery", "runs": [one, *many]}).replace("<", "\\u003c")
    text = page.read_text(encoding="utf-8")
    page.write_text(re.sub(r'(id="runs">).*?(</script>)', lambda m: m[1] + block + m[2], text, flags=re.DOTALL))
    timed = "(async () => {{ const began = performance.now(); {}; await new Promise(requestAnimationFrame);"
    timed += " await new Promise(requestAnimationFrame); return performance.now() - began; }})()"
    with chromium(tmp_path / "profile") as browser:
        browser.open(page.as_uri())
        assert browser.run("document.getElementById('count').textContent") == "10000 runs"
        sort = "const s = document.getElementById('sort'); s.value = '{}'; s.dispatchEvent(new Event('change'))"
        search = "const s = document.getElementById('search'); s.value = '{}'; s.dispatchEvent(new Event('input'))"
        actions = [f"window.scrollTo(0, {height})" for height in (200_000, 400_000, 0)]
        actions += [sort.format("score"), search.format("NUMBER 99")]
        for action in actions:
            assert browser.run(timed.format(action)) < 1000, action
        assert (
            browser.run("document.getElementById('count').textContent")
            == f"{sum('99' in str(n) for n in range(9_999))} of 10000 runs"
        )
        assert browser.run("document.querySelectorAll('.card').length") < 200
        first = browser.run("document.querySelector('.card').innerText")
        assert "number 9998" in first
        browser.run(search.format("red"))
        browser.wait("document.querySelector('.card img').naturalWidth === 32")
        browser.run("document.querySelector('.card').focus()")
        browser.run("document.querySelector('.card').click()")
        assert browser.run("document.getElementById('prompt').textContent") == PROMPT
        browser.wait("document.getElementById('picture').naturalWidth === 32")
        browser.run("document.getElementById('play').click()")
        browser.wait("document.getElementById('video').readyState >= 1")
        browser.run("document.getElementById('close').click()")
        assert browser.run("document.activeElement.className") == "card"
        assert browser.errors == []
        browser.open(page.as_uri(), width=390, height=844)
        assert browser.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
