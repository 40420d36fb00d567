"""`python -m vqclip` is the same as `vqclip`."""

from vqclip.cli import main

if __name__ == "__main__":
    main()
