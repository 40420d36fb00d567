"""Hostile texts: YAML files of settings and the record in a PNG. Every entry is the content of a file."""

from __future__ import annotations

import json
from typing import Any

_MERGES = "a: &a {seed: 1}\n" + "".join(
    f"b{i}: &b{i}\n  <<: [{', '.join([f'*b{i - 1}' if i else '*a'] * 9)}]\n" for i in range(9)
)
YAML: dict[str, str] = {
    "nested 50,000 deep in brackets": "loss: " + "[" * 50_000 + "]" * 50_000,
    "nested 50,000 deep in braces": "{a: " * 50_000 + "1" + "}" * 50_000,
    "nested deep by indentation": "".join(f"{' ' * i}a:\n" for i in range(1200)),
    "nested deep by dashes": "- " * 50_000 + "x",
    "6,000 hexadecimal digits": "seed: 0x" + "f" * 6000,
    "6,000 digits": "seed: " + "9" * 6000,
    "a sexagesimal number": "seed: 1" + ":59" * 3000,
    "an exponent": "learning_rate: 1e" + "9" * 5000,
    "aliases in aliases": "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(50)),
    "merge keys": _MERGES,
    "itself": "loss: &a [*a]",
    "a tag that runs code": "seed: !!python/object/apply:os.system ['touch canary']",
    "a tag that reads a file": "prompt: !!python/object/apply:builtins.open ['/etc/passwd']",
    "an unknown tag": "seed: !something 5",
    "a date that is none": "seed: 2001-99-99",
    "half a surrogate": 'prompt_suffix: "\\ud800"',
    "a NUL": 'prompt_suffix: "a\\0b"',
    "many documents": "---\nseed: 1\n" * 1000,
    "a long key": "? " + "a" * 5000 + "\n: 1",
    "a list as a key": "[a, b]: 1",
    "null as a key": "~: 1",
    "a directive": "%YAML 9.9\n---\nseed: 1",
    "bytes": "\x00\x01\x02",
}
"""Files of settings that have to be refused in one line."""

RECORDS: dict[str, Any] = {
    "nested 200,000 deep": "[" * 200_000 + "]" * 200_000,
    "a number of 400 digits": json.dumps({"schema": 1, "seed": 0}).replace(": 0", ": " + "9" * 400),
    "an infinite number": '{"schema": 1, "seed": 1e999}',
    "NaN": '{"schema": 1, "seed": NaN}',
    "a schema of 400 digits": '{"schema": ' + "9" * 400 + "}",
    "settings as a list": '{"schema": 1, "settings": []}',
    "a list": "[]",
    "half a text": '{"schema": 1, "settings": {"prompt": "',
}
"""Texts under the key `vqclip` of a PNG that have to be refused in one line."""
