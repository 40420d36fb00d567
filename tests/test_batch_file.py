"""Batch files of other tools: CSV, JSON lines and the lines of options of A1111."""

from __future__ import annotations

from pathlib import Path

import pytest

from vqclip.errors import UsageError
from vqclip.jobs.grid import lay_out, prompts_axis


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
    grid = lay_out({"iterations": 7}, [prompts_axis(Path("p.txt"))], seed=9)
    found = [(cell.settings.prompt, cell.settings.seed, cell.settings.iterations) for cell in grid.cells]
    assert found == [("a red apple, shiny", 3, 20), ("a tree", 4, 7)]


def test_a_negative_prompt_is_a_prompt_that_pushes_away() -> None:
    Path("p.csv").write_text('prompt,negative\na tree,"fog, people"\n')
    (cell,) = lay_out({}, [prompts_axis(Path("p.csv"))], seed=1).cells
    assert [(each.text, each.weight) for each in cell.settings.prompts] == [("a tree", 1), ("fog, people", -0.5)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prompt,sede\na tree,1\n", "line 2: the column 'sede' names no setting"),
        ("prompt,seed\na tree,1,2\n", "more columns than the header"),
        ('{"prompt": "a tree"\n', "line 1 is not JSON"),
        ('--prompt "a tree\n', "line 1: No closing quotation"),
        ("prompt,seed\n,1\n", "line 2: there is no prompt"),
        ("prompt,steps\na tree,many\n", "line 2: "),
    ],
)
def test_a_wrong_row_is_named(text: str, said: str) -> None:
    Path("p.txt").write_text(text)
    with pytest.raises(UsageError) as caught:
        lay_out({}, [prompts_axis(Path("p.txt"))], seed=1)
    assert said in caught.value.message


def test_a_plain_list_stays_one() -> None:
    Path("p.txt").write_text("a cat, a dog\n# no\n\\#1\n")
    assert prompts_axis(Path("p.txt")).values == ("a cat, a dog", "#1")
