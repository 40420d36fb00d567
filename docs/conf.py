"""The documentation site: `make docs`. Sphinx reads docs/ and renders the Python API from docstrings.

The README, CONTRIBUTING and others stay where a reader of the repository expects them. A page that includes one of
them shows it, and links from one file of the repository to another become links between pages.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

import vqclip

ROOT = Path(__file__).resolve().parent.parent

project = "vqclip"
author = "The vqclip authors"
copyright = "2026, the vqclip authors"
release = vqclip.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"vqclip {release}"
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
exclude_patterns = ["*.py"]
myst_heading_anchors = 4
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
default_role = "code"
smartquotes = False

INCLUDE = re.compile(r"^```\{include\} \.\./(\S+)\n```$", re.MULTILINE)
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]*)(#[^)\s]*)?\)")
PAGES = {
    found.group(1): page.stem
    for page in (ROOT / "docs").glob("*.md")
    if (found := INCLUDE.search(page.read_text(encoding="utf-8")))
}
"""Files outside docs/ by their path in the repository, and the pages that show them."""


def with_links(text: str, folder: str) -> str:
    """Point the relative links of a text from this folder of the repository at pages of the site."""

    def link(match: re.Match[str]) -> str:
        picture, label, target, anchor = match.group(1), match.group(2), match.group(3), match.group(4) or ""
        if not target or "://" in target:
            return match.group(0)
        path = posixpath.normpath(posixpath.join(folder, target))
        page = PAGES.get(path) or PAGES.get(f"{path}/README.md")
        if page:
            return f"[{label}]({page}.md{anchor})"
        if path.startswith("docs/"):
            return f"{picture}[{label}]({path.removeprefix('docs/')}{anchor})"
        return label  # a source file: it has no page

    return LINK.sub(link, text)


def read_page(app: Any, name: str, source: list[str]) -> None:
    """Put included files in their place, with their links pointing at pages."""

    def included(match: re.Match[str]) -> str:
        path = match.group(1)
        return with_links((ROOT / path).read_text(encoding="utf-8"), posixpath.dirname(path))

    source[0] = INCLUDE.sub(included, with_links(source[0], "docs"))


def setup(app: Any) -> None:
    """Register the handler of pages."""
    app.connect("source-read", read_page)
