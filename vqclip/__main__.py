"""`python -m vqclip` is the same as `vqclip`."""

import sys

if __name__ == "__main__":
    try:
        from vqclip.cli import main
    except KeyboardInterrupt:
        sys.exit(130)
    main()
