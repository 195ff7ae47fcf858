"""Signals of learning potential: how deep a review is worth going, whatever the severity."""

from __future__ import annotations

from collections.abc import Collection

# Name -> what somebody ticks. Severity is none of them: small incidents teach much, too.
SIGNALS = {
    "several_teams": "More than two teams were in it, or had to find each other first",
    "something_new": "Something new took part: a service, a provider, a way of working together",
    "dull_thing": "A part that nobody thinks about behaved in a way nobody had seen",
    "unforeseen_use": "Something was used in a way it was not built for",
    "nearly_worse": "It was nearly much worse",
    "looks_familiar": "It looks like something we have had before",
    "much_talk": "People keep talking about it",
    "confusion": "For a while nobody could say what was going on, or two people saw it differently",
    "bad_moment": "It met a day that matters: a launch, a sale, the end of a quarter",
    "curious": "Somebody is curious, and that is reason enough",
}
DEPTHS = {
    "light": "Light: a page, half an hour",
    "deep": "Deep: perspectives, factors, and time to think",
}
# Two may be chance; from three on there is usually a story.
DEEP_FROM = 3


def suggested_depth(ticked: Collection[str]) -> str:
    """``deep`` or ``light``, as an offer; empty while nobody ticked anything."""
    if not ticked:
        return ""
    return "deep" if len(set(ticked) & set(SIGNALS)) >= DEEP_FROM else "light"
