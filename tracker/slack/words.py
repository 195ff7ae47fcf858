"""Slack's way of writing, as the face reads it; the reading itself stands with the senders."""

from tracker.senders.slack_words import (
    Mentioned,
    first_line,
    first_link,
    mentioned_ids,
    people_named_in,
    plain_words,
)

__all__ = [
    "Mentioned",
    "first_line",
    "first_link",
    "mentioned_ids",
    "people_named_in",
    "plain_words",
]
