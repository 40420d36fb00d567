"""What an error says."""

from __future__ import annotations

from vqclip.errors import MESSAGE_LENGTH, UsageError


def test_a_message_quotes_both_ends_of_a_long_input() -> None:
    error = UsageError(f"unknown region {'f' * 24_000!r}: not a place.", "x" * 24_000)
    assert len(error.message) <= MESSAGE_LENGTH
    assert len(error.hint) <= MESSAGE_LENGTH
    assert error.message.startswith("unknown region 'fff")
    assert error.message.endswith("fff': not a place.")
