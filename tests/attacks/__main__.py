"""Write the hostile files of every kind into a folder: `python tests/attacks DIR`."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(target: Path) -> None:
    """Write a folder for each kind of special file, and say what is there."""
    from attacks import special_files

    (target / "special").mkdir(parents=True)
    for name, make in special_files.KINDS.items():
        print(make(target / "special" / name))


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    if len(sys.argv) != 2 or Path(sys.argv[1]).exists():
        sys.exit("usage: python tests/attacks DIR, where DIR is a folder that does not exist yet")
    main(Path(sys.argv[1]))
