"""report.html: it shows this run, holds all that it shows, and fetches nothing."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import SMALL
from PIL import Image

import vqclip
from vqclip import reading
from vqclip.events import Saved
from vqclip.media import charts
from vqclip.runs import report

PROMPT = 'a <b>red</b> apple & "co" </script><script>alert(1)</script> | fog:-0.5'


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    """A finished run with a report, and its events."""
    folder = tmp_path_factory.mktemp("report") / "run"
    settings = {**SMALL, "iterations": 5, "stages": 2, "seed": 5}
    return folder, list(vqclip.generate(PROMPT, output=folder, report=True, **settings))


class Page(HTMLParser):
    """What a browser would find in a page: elements with their attributes, and the text of each kind."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        self._open.append(tag)
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open[-1]][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def content(address: str | None) -> bytes:
    assert address is not None
    assert address.startswith("data:")
    return base64.b64decode(address.partition(",")[2], validate=True)


@pytest.mark.option("report")
def test_the_page_holds_the_picture_the_video_and_every_frame_of_the_run(finished: Any) -> None:
    folder, events = finished
    assert [e.path.name for e in events if isinstance(e, Saved) and e.kind == "report"] == ["report.html"]
    page = Page((folder / "report.html").read_text(encoding="utf-8"))
    picture, frame = page.all("img")
    assert content(picture["src"]) == (folder / "image.png").read_bytes()
    assert content(page.all("video")[0]["src"]) == (folder / "video.mp4").read_bytes()
    held = json.loads(page.texts["script"][0])
    assert [row["step"] for row in held["pictures"]] == [0, 2, 4, 5]
    assert frame["src"] == held["pictures"][-1]["source"]
    for row, path in zip(held["pictures"], sorted((folder / "frames").iterdir()), strict=True):
        shown = np.asarray(Image.open(io.BytesIO(content(row["source"]))).convert("RGB"), dtype=int)
        wanted = np.asarray(Image.open(path), dtype=int)
        assert shown.shape == wanted.shape
        assert np.abs(shown - wanted).mean() < 12, "lossy, but this frame and no other"


def test_nothing_on_the_page_is_fetched_and_no_prompt_is_markup(finished: Any) -> None:
    text = (finished[0] / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    addresses = [value for _, a in page.elements for name, value in a.items() if name in ("src", "href", "srcset")]
    assert len(addresses) == 3
    assert all(str(address).startswith("data:") for address in addresses)
    assert not re.search(r"url\(|@import|https?://", text)
    assert page.texts["h1"] == [PROMPT]
    assert (len(page.all("b")), len(page.all("script"))) == (0, 2)
    script = page.texts["script"][1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(str(m["content"]) for m in page.all("meta") if "http-equiv" in m)
    assert policy.startswith("default-src 'none';")
    assert f"script-src 'sha256-{digest}'" in policy, "another script on the page would not run"


def test_the_curves_are_those_of_the_metrics(finished: Any) -> None:
    folder = finished[0]
    page = Page((folder / "report.html").read_text(encoding="utf-8"))
    rows = list(reading.json_lines(folder / "metrics.jsonl", 10**6))
    for name, line in zip(("loss", "score"), page.all("polyline"), strict=True):
        values = [row[name] for row in rows if row[name] is not None]
        places = [tuple(map(float, pair.split(","))) for pair in str(line["points"]).split()]
        assert len(places) == len(values) == {"loss": 5, "score": 3}[name], "pictures without a frame have no score"
        assert places[-1][0] == pytest.approx(charts.WIDTH - charts.RIGHT, abs=0.1)
        # Up on the page is a larger value, in proportion.
        slope, offset = np.polyfit(values, [y for _, y in places], 1)
        assert slope < 0
        assert np.allclose(np.multiply(values, slope) + offset, [y for _, y in places], atol=0.2)
    assert sum(a.get("class") == "mark" for a in page.all("line")) == 2, "one where the second stage begins, twice"


def test_settings_that_were_changed_stand_out(finished: Any) -> None:
    text = (finished[0] / "report.html").read_text(encoding="utf-8")
    assert "<th>cutouts</th><td class=changed>4 cutouts</td>" in text
    assert "<th>tv</th><td>0.0</td>" in text
    assert "<th>seed</th><td class=changed>5</td>" in text
    assert "<th>torch</th>" in text


@pytest.mark.option("report --output")
def test_an_old_run_gets_its_page_afterwards_wherever_it_is_wanted(call: Any, finished: Any) -> None:
    shutil.copytree(finished[0], "old")
    Path("old/report.html").unlink()
    answer = call("report", "old", "--json")
    assert answer.record["report"] == "old/report.html"
    again = Path("old/report.html").read_text(encoding="utf-8")
    assert again.count("data:image/webp") == 5
    Path("pages").mkdir()
    assert call("report", "old", "-o", "pages/it.html").out == "pages/it.html\n"
    assert Path("pages/it.html").read_text(encoding="utf-8") == again


def test_a_page_is_made_of_what_there_is(call: Any, finished: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(finished[0], "old")
    Path("old/video.mp4").unlink()
    Path("old/frames/00001.png").write_bytes(b"damaged")
    Path("old/metrics.jsonl").unlink()
    monkeypatch.setattr(report, "MOST_BYTES", 10)
    text = report.write(Path("old")).read_text(encoding="utf-8")
    page = Page(text)
    assert page.all("video") == []
    assert [row["step"] for row in json.loads(page.texts["script"][0])["pictures"]] == [0, 4, 5]
    assert "No loss was recorded." in text
    assert page.all("img")[0]["src"] == "image.png", "too large to hold, so it is linked"
    assert call("report", "nowhere").code == 4


def test_many_frames_are_thinned_evenly(finished: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MOST_FRAMES", 3)
    text = report.write(finished[0], Path("thin.html")).read_text(encoding="utf-8")
    assert [row["step"] for row in json.loads(Page(text).texts["script"][0])["pictures"]] == [0, 4, 5]


def test_a_run_that_ended_early_has_its_last_frame_at_its_last_step(finished: Any) -> None:
    settings = {**SMALL, "iterations": 9, "seed": 5, "until_score": -0.99, "save_every": 2, "video": False}
    list(vqclip.generate("a red apple", output="early", **settings))
    reached = list(reading.json_lines(Path("early/metrics.jsonl"), 10**6))[-1]["step"]
    assert reached < 9
    text = report.write(Path("early")).read_text(encoding="utf-8")
    assert json.loads(Page(text).texts["script"][0])["pictures"][-1]["step"] == reached
    assert f"{reached} of 9 steps" in text


def test_a_chart_takes_any_values() -> None:
    assert "No loss was recorded" in charts.line_chart("loss", [(1, float("nan"))], 5)
    assert "<circle" in charts.line_chart("loss", [(3, 1.0)], 5)
    many = charts.line_chart("loss", [(step, float(step % 7)) for step in range(100_000)], 100_000)
    assert len(many) < 30_000
    flat = charts.line_chart("loss", [(1, 2.0), (2, 2.0)], 2)
    assert "nan" not in flat


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a browser")
def test_in_a_browser_the_slider_shows_the_frame_of_its_step(finished: Any) -> None:
    text = (finished[0] / "report.html").read_text(encoding="utf-8")
    move = "slider.value = 1; slider.dispatchEvent(new Event('input'));"
    text = re.sub(r"'sha256-[^']+'", "'unsafe-inline'", text).replace("</body>", f"<script>{move}</script></body>")
    Path("moved.html").write_text(text, encoding="utf-8")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    for name, step in ((finished[0] / "report.html", 5), (Path("moved.html").absolute(), 2)):
        reported = subprocess.run([*command, name.as_uri()], capture_output=True, text=True, check=True, timeout=120)
        page = Page(reported.stdout)
        assert page.texts["output"] == [f"step {step}"]
        held = {row["step"]: row["source"] for row in json.loads(page.texts["script"][0])["pictures"]}
        assert page.all("img")[1]["src"] == held[step]


def test_several_runs_are_a_table(finished: tuple[Path, list[Any]], call: Any) -> None:
    for place in ("all/ab/one", "all/cd/damaged"):
        shutil.copytree(finished[0], place)
    list(vqclip.generate("a tree", output="all/two", style="ink", **{**SMALL, "iterations": 1, "seed": 2}))
    record = json.loads(Path("all/two/run.json").read_text())
    record |= {"status": "interrupted", "preset": "/home/somebody/mine.yaml"}
    Path("all/two/run.json").write_text(json.dumps(record))
    Path("all/cd/damaged/run.json").write_text("{")
    answer = call("report", "all", "--json")
    assert (answer.code, answer.record["report"], answer.record["runs"]) == (0, "all/report.html", 3)
    text = Path("all/report.html").read_text(encoding="utf-8")
    page = Page(text)
    cells = page.texts["td"]
    rows = [[cell.strip() for cell in cells[at : at + 9]] for at in range(0, len(cells), 9)]
    assert [row[1] for row in rows] == [PROMPT, rows[1][1], "a tree"]
    score = json.loads((finished[0] / "run.json").read_text())["score"]
    assert (rows[0][2], rows[0][3], rows[0][4], rows[0][7]) == ("5", f"{score:.3f}", "5 of 5", "finished")
    assert "run.json" in rows[1][1]
    assert (rows[1][7], rows[2][4], rows[2][6], rows[2][7]) == (
        "damaged", "1 of 1", "preset mine.yaml, style ink", "interrupted",
    )  # fmt: skip
    assert "3 runs · 1 finished · 1 damaged · 1 interrupted" in text
    pictures = [attributes["src"] for name, attributes in page.elements if name == "img"]
    assert len(pictures) == 3
    assert all(str(source).startswith("data:image/jpeg;base64,") for source in pictures)
    assert [attributes["href"] for name, attributes in page.elements if name == "a"] == [
        "ab/one/",
        "cd/damaged/",
        "two/",
    ]
    assert "1 of 1 step ·" in report.write(Path("all/two")).read_text(encoding="utf-8")
    Path("empty").mkdir()
    assert call("report", "empty").code == 2


def test_numbers_have_their_units_and_presets_their_names(finished: tuple[Path, list[Any]]) -> None:
    text = (finished[0] / "report.html").read_text(encoding="utf-8")
    values = dict(re.findall(r"<th>([\w-]+)</th><td[^>]*>([^<]*)</td>", text))
    assert (values["best-of"], values["stages"], values["iterations"]) == ("1 start", "2 stages", "5 steps")
    assert [report._shown("stages", value) for value in (0, 1, 3)] == ["automatic", "1 stage", "3 stages"]
    assert [report._shown("best_of", value) for value in (1, 2)] == ["1 start", "2 starts"]
    assert report._shown("upsample_candidates", 0) == "0"
