"""Readers that turn reports written elsewhere into drafts of our own records.

What lives here: pure readers, text in and frozen drafts out, one file per kind of thing that is
read. What never does: SQL, HTTP, files, the clock, settings, and any decision about what a draft
becomes. May import: ``tracker.domain`` only, and from outside markdown-it-py and PyYAML. Start
reading: ``report`` (what comes out), then ``markdown_report``, then ``headings`` (how sections are
known).
"""
