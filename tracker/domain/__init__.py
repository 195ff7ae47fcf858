"""The rules of the field, as plain Python.

Lives here: life cycles, gates, clocks, severities, wording, errors, events: values in, values out.
Never here: SQL, HTTP, the clock, settings, files, any framework.
May import: the standard library only (merge3 for texts).
Start reading: lifecycle.py (the table of moves), then incident.py and review.py.
"""
