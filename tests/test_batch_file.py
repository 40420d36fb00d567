"""Batch files of other tools: CSV, JSON lines and the lines of options of A1111."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vqclip.errors import UsageError
from vqclip.jobs.batch_file import BatchFile
from vqclip.jobs.command import Command
from vqclip.jobs.engines import Job
from vqclip.jobs.plan import Plan, Refused
from vqclip.jobs.shards import Shard


def jobs(**settings: object) -> list[Job | Refused]:
    """The runs of p.txt."""
    command = Command.of("batch", "p.txt", settings, (), preset=None, config_files=(), flat=False)
    return list(Plan(command, stop=lambda: None).jobs((), Shard()))


@pytest.mark.parametrize(
    "text",
    [
        'prompt,seed,iterations\n"a red apple, shiny",3,20\na tree,4,\n',
        "\ufeffseed;prompt;steps\r\n3;a red apple, shiny;20\r\n4;a tree;\r\n",
        "prompt\tseed\titerations\na red apple, shiny\t3\t20\na tree\t4\n",
        '{"prompt": "a red apple, shiny", "seed": 3, "steps": 20}\n\n{"prompt": "a tree", "seed": 4}\n',
        '--prompt "a red apple, shiny" --seed 3 --steps 20\n--prompt "a tree" --seed 4\n',
    ],
)
def test_every_row_has_settings_of_its_own(text: str) -> None:
    Path("p.txt").write_bytes(text.encode())
    assert len(set(BatchFile(Path("p.txt")).keys(seeded=False) or ())) == 2
    Path("p.txt").write_bytes(text.encode() + text.rstrip().splitlines()[-1].encode())
    assert len(set(BatchFile(Path("p.txt")).keys(seeded=False) or ())) == 2, "equal lines with a seed are one run"
    Path("p.txt").write_bytes(text.encode())
    found = [each.settings for each in jobs(iterations=7, seed=9) if isinstance(each, Job)]
    assert [(each.prompt, each.seed, each.iterations) for each in found] == [
        ("a red apple, shiny", 3, 20),
        ("a tree", 4, 7),
    ]


def test_a_negative_prompt_is_a_prompt_that_pushes_away() -> None:
    Path("p.txt").write_text('prompt,negative\na tree,"fog, people"\n')
    (job,) = jobs()
    assert isinstance(job, Job)
    assert [(each.text, each.weight) for each in job.settings.prompts] == [("a tree", 1), ("fog, people", -0.5)]


@pytest.mark.parametrize(
    "text",
    [
        '--prompt "a tree" --width 64 --height 48 --cfg_scale 7 --sampler_name "Euler a" --n_iter 2\n',
        "prompt,width,height\na tree,64,48\n",
        '{"prompt": "a tree", "width": 64, "height": 48}\n',
    ],
)
def test_a_width_and_a_height_are_the_size(text: str) -> None:
    Path("p.txt").write_text(text)
    (job,) = jobs(iterations=7)
    assert isinstance(job, Job)
    assert (job.settings.width, job.settings.height, job.settings.iterations) == (64, 48, 7)


def test_options_that_only_a1111_has_are_ignored_with_one_warning(call: Any) -> None:
    line = '--prompt "a tree" --seed {} --size 16 --steps 1 --cutouts 2 --stages 1 --init tokens'
    Path("p.txt").write_text(f"{line.format(1)} --cfg_scale 7\n{line.format(2)} --cfg_scale 5 --tiling true\n")
    answer = call("batch", "p.txt", "-o", "out", "--no-video", "--pixel-steps", "0")
    assert answer.code == 0, answer.err
    warned = [part for part in answer.err.splitlines() if "A1111" in part]
    assert warned == ["warning: options of A1111 that vqclip does not have are ignored: --cfg_scale, --tiling."]


def test_wrong_lines_are_to_be_corrected(call: Any) -> None:
    line = '--prompt "a tree" --seed 1 --size 16 --steps 1 --cutouts 2 --stages 1 --init tokens'
    Path("p.txt").write_text(f"{line}\n{line} --sky blue\n")
    answer = call("batch", "p.txt", "-o", "out", "--no-video", "--pixel-steps", "0")
    assert answer.code == 9
    assert "there is no setting for the option '--sky'" in answer.err
    assert "Correct the lines, and run the same command again to retry them." in answer.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prompt,seed\na tree,1,2\n", "line 2 has more columns than the header"),
        ('{"prompt": "a tree"\n', "line 1 is not JSON"),
        ('--prompt "a tree" --width 64\n', "line 1: width is given alone"),
        ('--prompt "a tree" --width 64 --height 64 --size 64\n', "line 1: width, height and size are given"),
        ('--prompt "a tree" --steps 1 --iterations 2\n', "line 1: two options name the setting 'iterations'"),
        ('{"prompt": "a tree", "sede": 1}\n', "line 1: there is no setting for the column 'sede'"),
        ('--prompt "a tree\n', "line 1: No closing quotation"),
        ("prompt,seed\n,1\n", "line 2: there is no prompt"),
        ("prompt,steps\na tree,many\n", "line 2: "),
        ("prompt,seed\na tree,1e3\n", "line 2: "),
        ('prompt,seed\n"a tree,1\n\n', "line 2: a quote is opened and not closed"),
        ('{"prompt": ["a tree"]}\n', "line 1 is not JSON ('prompt' is neither a text nor a number)"),
        ('{"prompt": "a tree", "steps": 1, "iterations": 2}\n', "line 1: two columns name the setting 'iterations'"),
    ],
)
def test_a_wrong_row_is_named(text: str, said: str) -> None:
    Path("p.txt").write_text(text)
    (refused,) = jobs()
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, UsageError)
    assert said in refused.error.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("caption,seed,seed\na tree,1,2\n", "line 1: two columns name the setting 'seed'"),
        ("# no\nseed,steps\n1,2\n", "line 2 names no column 'prompt'"),
        ("prompt,colour of sky\na tree,blue\n", "line 1: there is no setting for the column 'colour of sky'"),
        ('[{"prompt": "a tree"},\n{"prompt": "a cat"}]\n', "line 1 starts a list of JSON"),
    ],
)
def test_a_wrong_header_is_named(text: str, said: str) -> None:
    Path("p.txt").write_text(text)
    with pytest.raises(UsageError, match=said):
        jobs()


def test_a_plain_list_stays_one_wherever_a_chunk_of_it_ends() -> None:
    for filler in range(65525, 65540):
        Path("p.txt").write_bytes(b"\xef\xbb\xbf" + b"#" * filler + "\r\n# no\r\na cät, a dog\r\n\\#1".encode())
        found = [(line.number, line.row["prompt"]) for line in BatchFile(Path("p.txt")).lines()]
        assert found == [(3, "a cät, a dog"), (4, "#1")]
