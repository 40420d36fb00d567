"""Makers of hostile files, one module for each kind of file, and the guard that commands run under."""
