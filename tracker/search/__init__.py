"""Search: what people look for in lessons, reviews, incidents and actions, and what is like it.

Lives here: the SearchIndex protocol, the query language, text analysis, excerpts, and one engine on
Whoosh. Never here: SQL, web requests, settings or the clock; only the worker writes, every other
process reads. May import: the standard library, Whoosh, markdown-it-py and tracker.domain; nothing
else of the tracker. Start reading: index.py (the seam), then query.py, ranking.py, and
whoosh_index.py for the files on disk.
"""
