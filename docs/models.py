"""Write the tables of docs/models.md from configs/models.yaml: `python docs/models.py`, or `make reference`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from vqclip.models import catalogue, registry
from vqclip.models.catalogue import Pin

PAGE = Path(__file__).with_name("models.md")
VQGANS = {
    "drawings, offline, in seconds": ["tiny"],
    "what other tools draw": ["imagenet"],
    "photographs, the best of f16": ["ibq-262144"],
    "the same in less memory": ["ibq-16384"],
    "a wider range than ImageNet": ["ibq-262144-pretrain", "ibq-16384-pretrain"],
    "paintings; faces; landscapes": ["wikiart", "faceshq", "sflckr"],
    "natural pictures, with few tokens to optimise": ["titok-l-32"],
    "the same, smaller": ["titok-s-128", "titok-b-64"],
    "its newer decoders": ["titok-bl-64", "titok-bl-128", "titok-sl-256"],
    "sharp details, four times the work": ["openimages", "llamagen-vq-ds8"],
}
"""Which VQGANs are the choice for what."""
CLIPS = {
    "drawings, offline, in seconds": ["tiny"],
    "what other tools use": ["ViT-B-32", "ViT-B-16", "ViT-L-14", "RN50"],
    "gradients that look like things": ["robust", "robust-L", "robust-tecoa"],
    "styles and names": ["ViT-B-32-laion"],
    "finer than ViT-B-16 at its size": ["EVA02-B-16"],
    "little memory": ["MobileCLIP2-S2"],
    "many languages": ["SigLIP2-B-16", "multilingual"],
}
"""Which CLIPs are the choice for what."""
_PINS: dict[Pin, str] = {"sha256": "hash", "commit": "commit", "none": "not pinned"}


def size(facts: dict[str, Any]) -> str:
    """The published size of a file in MB, whatever is on this machine; "about" where no exact one is published."""
    entries = {"vqgan": catalogue.vqgan_entries(), "clip": catalogue.clip_entries()}.get(facts["kind"], [])
    entry = next((entry for entry in entries if entry.name == facts["name"]), None)
    about = entry.about_bytes if entry else None
    exact = facts["bytes"] if facts["pin"] == "sha256" and facts["true_weights"] else getattr(entry, "bytes", None)
    known = exact or about
    return "unknown" if known is None else f"{'' if exact else 'about '}{known / 1e6:.0f} MB"


def facts_of(kind: str, name: str) -> dict[str, Any]:
    """Everything known about a model."""
    return next(facts for facts in registry.describe(name) if facts["kind"] == kind)


def licence(facts: dict[str, Any]) -> str:
    """The licence, with a link to the page that says it."""
    return f"[{facts['licence']}]({facts['terms']})" if facts.get("terms") else str(facts["licence"])


def choice(kind: str, uses: dict[str, list[str]]) -> str:
    """A table of what to choose for what."""
    lines = [f"| for | {'VQGAN' if kind == 'vqgan' else 'CLIP'} | size | licence |", "|---|---|---|---|"]
    for use, names in uses.items():
        found = [facts_of(kind, name) for name in names]
        cells = (", ".join(f"`{name}`" for name in names), ", ".join(map(size, found)))
        each = [facts["licence"] for facts in found]
        licences = each[0] if len(set(each)) == 1 else ", ".join(each)
        lines.append(f"| {use} | {cells[0]} | {cells[1]} | {licences} |")
    return "\n".join(lines)


def everything() -> str:
    """A table of every model."""
    lines = ["| kind | name | good for | size | licence | pinned by | run on true weights |", "|---|" + "---|" * 6]
    for row in registry.list_models():
        facts = facts_of(row.kind, row.name)
        ran = "yes" if row.true_weights else "never"
        cells = (row.kind, f"`{row.name}`", row.note, size(facts), licence(facts), _PINS[row.pin], ran)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def page() -> str:
    """The page with its tables of today."""
    tables = {"vqgans": choice("vqgan", VQGANS), "clips": choice("clip", CLIPS), "every model": everything()}
    text = PAGE.read_text(encoding="utf-8")
    for name, table in tables.items():
        marks = rf"(<!-- {name}: written by docs/models.py -->\n)(?:\|.*\n)*"
        text, count = re.subn(marks, lambda found, table=table: f"{found[1]}{table}\n", text)
        if count != 1:
            raise SystemExit(f"{PAGE.name} has no place for the table of {name}.")
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
