"""Makers of hostile files, one module for each kind; `python tests/attacks DIR` writes all of them into a folder.

A maker writes one file or folder and returns its path. Nothing here loads what it makes.
"""
