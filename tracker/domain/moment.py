"""What a review says about entries of the timeline: key moments, groups, what was knowable."""

from __future__ import annotations

MOMENTS = {
    "detection": "Detection: somebody or something noticed",
    "diagnosis": "Diagnosis: what was going on became clear",
    "decision": "Decision: a way was chosen",
    "repair": "Repair: something made it better",
}
KNOWN = {
    "then": "Knowable then",
    "later": "Known later",
}
HYPOTHESES = {
    "raised": "Idea raised",
    "dropped": "Idea dropped",
    "confirmed": "Idea confirmed",
}
MOST_AT_ONCE = 500
