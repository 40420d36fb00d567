"""The search index: only changes are encoded, errors are reported, and no file is half written."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from vqclip import files
from vqclip.errors import InputError, OutputError, UsageError
from vqclip.media import image_folder
from vqclip.media.image_folder import Entry
from vqclip.media.images import Pixels
from vqclip.search import index as picture_index
from vqclip.search.index import PictureIndex, Updated

FOLDER = Path("pictures")
PLACE = FOLDER / picture_index.NAME


class Encoder:
    """Stands for a CLIP: its feature of a picture is the mean colour, and it remembers what it saw."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def __call__(self, pictures: Iterator[Pixels]) -> picture_index.Features:
        rows = []
        for pixels in pictures:
            colour = pixels.reshape(-1, 3).mean(axis=0)
            self.seen.append(tuple(int(level) for level in colour))
            rows.append(colour / np.linalg.norm(colour))
        return np.array(rows, dtype=np.float32).reshape(-1, 3)


def paint(name: str, colour: tuple[int, int, int]) -> Path:
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6), colour).save(path)
    return path


RED, GREEN, BLUE, GREY = (200, 0, 0), (0, 200, 0), (0, 0, 200), (90, 90, 90)


@pytest.fixture
def folder(isolated: Path) -> Path:
    paint("red.png", RED)
    paint("deep/down/green.PNG", GREEN)
    paint("blue.bmp", BLUE)
    (FOLDER / "notes.txt").write_text("not a picture, and not named like one")
    return FOLDER


def update(
    clip: str = "a", *, place: Path = PLACE, must_keep: bool = True, reported: list[str] | None = None
) -> tuple[Updated, list[tuple[int, ...]]]:
    """Update the index; what it is now, and the colours that were encoded for it."""
    encoder = Encoder()
    tell = [].append if reported is None else reported.append
    return picture_index.update(FOLDER, place, clip, encoder, tell, must_keep=must_keep), encoder.seen


def paths(updated: Updated) -> list[str]:
    return [entry.path for entry in updated.index.entries]


def test_pictures_of_all_depths_are_encoded_once(folder: Path) -> None:
    first, seen = update()
    assert paths(first) == ["blue.bmp", "deep/down/green.PNG", "red.png"]
    assert sorted(seen) == sorted([RED, GREEN, BLUE])
    assert (first.encoded, first.known, first.dropped, first.skipped) == (3, 0, 0, ())
    assert np.allclose(first.index.features, [[0, 0, 1], [0, 1, 0], [1, 0, 0]])
    before = PLACE.stat().st_mtime_ns
    again, seen = update()
    assert seen == []
    assert (again.encoded, again.known) == (0, 3)
    assert again.index.entries == first.index.entries
    assert np.array_equal(again.index.features, first.index.features)
    assert PLACE.stat().st_mtime_ns == before, "an index that is up to date is not written again"


def test_only_what_is_new_or_changed_is_encoded_and_what_is_gone_is_dropped(folder: Path) -> None:
    update()
    paint("grey.png", GREY)
    paint("red.png", (0, 100, 100))
    (FOLDER / "blue.bmp").unlink()
    changed, seen = update()
    assert sorted(seen) == sorted([GREY, (0, 100, 100)])
    assert (changed.encoded, changed.known, changed.dropped) == (2, 1, 1)
    assert paths(changed) == ["deep/down/green.PNG", "grey.png", "red.png"]
    assert np.allclose(changed.index.features[2], np.array([0, 1, 1]) / np.sqrt(2))
    shutil.rmtree(FOLDER)
    for name, colour in (("deep/down/green.PNG", GREEN), ("grey.png", GREY), ("red.png", (0, 100, 100))):
        paint(name, colour)
    fresh, _ = update()
    assert paths(fresh) == paths(changed)
    assert np.array_equal(fresh.index.features, changed.index.features), "history leaves no trace"


def test_moved_and_touched_files_are_known_by_their_content(folder: Path) -> None:
    update()
    (FOLDER / "red.png").rename(FOLDER / "deep" / "crimson.png")
    os.utime(FOLDER / "blue.bmp", ns=(1, 1))
    moved, seen = update()
    assert seen == []
    assert (moved.encoded, moved.known) == (0, 3)
    assert paths(moved) == ["blue.bmp", "deep/crimson.png", "deep/down/green.PNG"]
    assert np.allclose(moved.index.features[1], [1, 0, 0])
    assert update()[0].index.entries[0].modified == 1


def test_a_change_of_the_same_size_is_seen_by_its_time(folder: Path) -> None:
    update()
    size = (FOLDER / "blue.bmp").stat().st_size
    paint("blue.bmp", GREY)
    os.utime(FOLDER / "blue.bmp", ns=(5, 5))
    assert (FOLDER / "blue.bmp").stat().st_size == size
    assert update()[1] == [GREY]


def test_an_index_of_another_clip_is_made_again(folder: Path) -> None:
    update("a")
    other, seen = update("b")
    assert len(seen) == 3
    assert "is of another CLIP" in other.warnings[0]
    assert update("b")[1] == []


@pytest.mark.parametrize(
    "damage", ["cut", "empty", "noise", "flipped", "schema", "unit", "missing", "shape", "twice"]
)
def test_a_damaged_index_is_made_again_with_a_warning(folder: Path, damage: str) -> None:
    whole, _ = update()
    data = PLACE.read_bytes()
    if damage == "cut":
        PLACE.write_bytes(data[:-40])
    elif damage == "empty":
        PLACE.write_bytes(b"")
    elif damage == "noise":
        PLACE.write_bytes(os.urandom(300))
    elif damage == "flipped":
        PLACE.write_bytes(data.replace(b"vqclip_index", b"vqclip_index\\", 1))
    elif damage == "schema":
        PLACE.write_bytes(data.replace(b'\\"schema\\": 1', b'\\"schema\\": 7'))
        assert PLACE.read_bytes() != data
    elif damage == "twice":
        first = whole.index.entries[0]
        picture_index.save(PLACE, PictureIndex("a", (first, first, first), whole.index.features))
    elif damage == "unit":
        index = whole.index
        picture_index.save(PLACE, PictureIndex(index.clip, index.entries, index.features * np.nan))
    else:
        tensors = {"features": np.eye(3, dtype=np.float32)}
        if damage == "shape":
            tensors |= {"sizes": np.zeros(2), "modified": np.zeros(3), "digests": np.zeros((3, 32))}
        save_file(tensors, PLACE, {"vqclip_index": '{"schema": 1, "clip": "a", "paths": ["a", "b", "c"]}'})
    again, seen = update()
    assert len(seen) == 3
    assert "damaged" in again.warnings[0]
    assert str(PLACE) in again.warnings[0]
    assert np.array_equal(again.index.features, whole.index.features)
    assert update()[1] == []


def test_a_file_of_other_tensors_is_never_replaced(folder: Path) -> None:
    model = Path("model.safetensors")
    save_file({"weight": np.ones(3)}, model)
    before = model.read_bytes()
    with pytest.raises(UsageError, match=r"model\.safetensors is not an index"):
        update(place=model)
    assert model.read_bytes() == before


def test_an_index_has_a_place_of_its_own(folder: Path) -> None:
    assert picture_index.index_path(FOLDER, None) == PLACE
    assert picture_index.index_path(FOLDER, Path("x.safetensors")) == Path("x.safetensors")
    with pytest.raises(UsageError, match=r"photo\.png does not end in \.safetensors"):
        picture_index.index_path(FOLDER, Path("photo.png"))
    Path("dir.safetensors").mkdir()
    with pytest.raises(OutputError, match="it is not a file"):
        update(place=Path("dir.safetensors"))


def test_features_of_another_width_are_refused(folder: Path) -> None:
    whole, _ = update()
    wide = np.eye(3, 5, dtype=np.float32)
    picture_index.save(PLACE, PictureIndex("a", whole.index.entries, wide))
    paint("new.png", GREY)
    with pytest.raises(InputError, match="holds 5 numbers a picture, not 3"):
        update()


def test_fault_56_unreadable_pictures_are_skipped_and_counted(folder: Path) -> None:
    (FOLDER / "zero.png").write_bytes(b"")
    (FOLDER / "text.jpg").write_text("no picture")
    (FOLDER / "cut.png").write_bytes((FOLDER / "red.png").read_bytes()[:45])
    os.mkfifo(FOLDER / "pipe.png")
    (FOLDER / "nowhere.png").symlink_to("gone.png")
    found, seen = update()
    assert sorted(seen) == sorted([RED, GREEN, BLUE])
    assert {skipped.path for skipped in found.skipped} == {
        "zero.png",
        "text.jpg",
        "cut.png",
        "pipe.png",
        "nowhere.png",
    }
    assert found.warnings[0].startswith("5 pictures are left out. The first: Cannot read pictures/")
    before = PLACE.stat().st_mtime_ns
    again, seen = update()
    assert (len(again.skipped), seen) == (5, [])
    assert PLACE.stat().st_mtime_ns == before
    paint("text.jpg", GREY)
    assert len(update()[1]) == 1, "a picture that was mended is taken in"


def test_fault_56_no_readable_picture_is_an_error(isolated: Path) -> None:
    FOLDER.mkdir()
    with pytest.raises(InputError, match="pictures holds no pictures"):
        update()
    (FOLDER / "a.png").write_text("no")
    (FOLDER / "b.png").write_text("no")
    with pytest.raises(InputError, match="no picture below pictures can be read"):
        update()
    assert not PLACE.exists()


@pytest.mark.parametrize(("name", "words"), [("nowhere", "no such folder"), ("file", "not a folder")])
def test_a_missing_folder_is_named(isolated: Path, name: str, words: str) -> None:
    Path("file").write_text("")
    with pytest.raises(InputError, match=f"Cannot read {name}: .*{words}"):
        picture_index.index_path(Path(name), None)


def test_fault_56_a_loop_of_links_ends_and_a_linked_picture_counts(folder: Path) -> None:
    (FOLDER / "deep" / "loop").symlink_to("..", target_is_directory=True)
    (FOLDER / "self.png").symlink_to("self.png")
    (FOLDER / "link.png").symlink_to("red.png")
    found, _ = update()
    assert paths(found) == ["blue.bmp", "deep/down/green.PNG", "link.png", "red.png"]
    assert [skipped.path for skipped in found.skipped] == ["self.png"]


def test_hidden_files_and_folders_are_left_out(folder: Path) -> None:
    paint(".cache/grey.png", GREY)
    paint(".grey.png", GREY)
    assert "grey" not in " ".join(paths(update()[0]))


def test_names_that_are_not_text_are_kept(folder: Path) -> None:
    raw = os.fsencode(FOLDER) + b"/caf\xe9 \xff.png"
    shutil.copy(FOLDER / "red.png", raw)
    first, _ = update()
    assert os.fsencode(first.index.entries[1].path) == b"caf\xe9 \xff.png"
    assert update()[1] == []


def test_an_index_is_written_whole_or_not_at_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    update()
    before = PLACE.read_bytes()
    paint("grey.png", GREY)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(OutputError, match="disk is full"):
            update()
    assert PLACE.read_bytes() == before
    assert [path.name for path in FOLDER.iterdir() if path.name.startswith(files.PART_PREFIX)] == []


def test_an_interrupt_keeps_what_was_done(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_index, "CHUNK", 1)
    encoder = Encoder()

    def stop_at_the_third(pictures: Iterator[Pixels]) -> picture_index.Features:
        if len(encoder.seen) == 2:
            raise KeyboardInterrupt
        return encoder(pictures)

    with pytest.raises(KeyboardInterrupt):
        picture_index.update(FOLDER, PLACE, "a", stop_at_the_third, print, must_keep=True)
    assert update()[1] == [RED]


def test_a_long_index_is_saved_and_reported_on_the_way(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_index, "CHUNK", 1)
    monkeypatch.setattr(picture_index, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr(picture_index, "NOTIFY_SECONDS", 0.0)
    saved: list[int] = []
    save = picture_index.save

    def count(path: Path, index: PictureIndex) -> None:
        saved.append(len(index.entries))
        save(path, index)

    monkeypatch.setattr(picture_index, "save", count)
    reported: list[str] = []
    update(reported=reported)
    assert saved[:3] == [1, 2, 3]
    assert reported == ["1 of 3 new pictures", "2 of 3 new pictures"]


def test_an_index_that_cannot_be_kept_is_an_error_or_a_warning(folder: Path) -> None:
    Path("file").write_text("")
    place = Path("file/index.safetensors")
    with pytest.raises(OutputError, match="Keep the index elsewhere with --index FILE"):
        update(place=place)
    found, seen = update(place=place, must_keep=False)
    assert len(seen) == 3
    assert found.warnings[0].startswith("the index is not kept: Cannot write file")
    assert len(found.index.entries) == 3


def test_entries_are_the_same_file_by_path_size_and_time() -> None:
    entry = Entry("a", 1, 2, b"x")
    assert entry == Entry("a", 1, 2)
    assert len({entry, Entry("b", 1, 2), Entry("a", 2, 2), Entry("a", 1, 3)}) == 4


def test_pictures_come_in_their_order_whatever_is_among_them(isolated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_folder, "LARGE", 60)
    paths = [paint(f"{number}.png", (number, 0, 0)) for number in range(9)]
    paths[0].write_bytes(b"")
    paths[5].write_bytes(paths[5].read_bytes()[:50])
    Image.new("RGB", (8, 8), (7, 0, 0)).save(paths[7])
    paths.insert(2, FOLDER / "gone.png")
    read: list[int] = []
    skipped: list[image_folder.Skipped] = []
    seen = [int(pixels[0, 0, 0]) for pixels in image_folder.readable(paths, read, skipped)]
    assert seen == [1, 2, 3, 4, 6, 7, 8]
    assert [paths[place].stem for place in read] == ["1", "2", "3", "4", "6", "7", "8"]
    assert [Path(one.path).name for one in skipped] == ["0.png", "gone.png", "5.png"]
    assert list(image_folder.readable([], [], [])) == []


def test_reading_ahead_ends_with_the_reader(isolated: Path) -> None:
    pictures = image_folder.readable([paint(f"{n}.png", RED) for n in range(40)], [], [])
    next(pictures), next(pictures)
    pictures.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("picture")]
