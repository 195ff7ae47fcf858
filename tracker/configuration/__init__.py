"""Operations as code: a folder of files in, checked objects with file and line out, and back.

Lives here: `shapes` (what may stand in a file, as pydantic models), reading with line numbers,
    checks across files, the difference between two states, writing files.
Never here: SQL, HTTP, the clock, settings, and what applying a difference does.
May import: `tracker.domain`, and from outside pydantic and PyYAML.
Start reading: `kinds` (the table of kinds), then `folder`, `checking`, `planning`.
"""
