"""Questions: what a page, an answer or a report needs to know. No writes.

Lives here: functions that take a Look and return rows or small frozen records.
Never here: changes, HTTP, rendering, permission to act (that is asked in usecases).
May import: tracker.db, tracker.search, tracker.models, tracker.domain.
Start reading: references.py (INC-12 and slugs), then incidents.py.
"""
