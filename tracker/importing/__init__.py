"""Readers that turn reports written elsewhere into drafts of our own records.

Lives here: pure readers, text in and frozen drafts out, one file for each kind of thing read.
Never here: SQL, HTTP, files, the clock, settings, and what a draft becomes.
May import: `tracker.domain`, and from outside markdown-it-py, PyYAML and icalendar.
Start reading: `report` (what comes out), `markdown_report`, `headings` (how sections are known).
"""
