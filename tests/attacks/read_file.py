"""Read the checkpoint or token grid that the command line names; a refusal is one line and the code of its error."""

from __future__ import annotations

import sys
from pathlib import Path

from vqclip.errors import VqclipError
from vqclip.media.token_grids import load
from vqclip.models.checkpoints import read_state_dict

if __name__ == "__main__":
    path = Path(sys.argv[1])
    try:
        load(path) if path.suffix == ".npz" else read_state_dict(path)
    except VqclipError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
