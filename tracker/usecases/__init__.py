"""The verbs: the one set that web, API, Slack and command line call.

Lives here: ``verb(work, ask) -> row`` functions and their frozen asks, one file per feature.
Never here: HTTP, forms, rendering, commits, the clock, assignments to a state.
May import: tracker.reading, tracker.db, tracker.models, tracker.domain.
Start reading: incidents.py.
"""
