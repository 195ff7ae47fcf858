"""Pictures of messages marked for the timeline: the thing itself, kept with the record."""

from __future__ import annotations

from sqlmodel import select

from tracker.db.work import Work
from tracker.models.incident import Incident, TimelineEntry
from tracker.models.slack import SlackFile

LARGEST_FILE_BYTES = 10_000_000
# The first bytes of what browsers show as pictures. SVG is not among them: it can carry scripts.
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def picture_type(content: bytes) -> str:
    """The kind of picture by its first bytes, whatever anybody calls it; empty for none."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for begins, mime in _BEGINNINGS if content.startswith(begins)), "")


def keep_file(
    work: Work,
    incident: Incident,
    entry: TimelineEntry,
    *,
    slack_file_id: str,
    name: str,
    content: bytes,
) -> SlackFile:
    """The picture is kept with the entry, once. Emits: incident.timeline."""
    known = work.session.exec(
        select(SlackFile).where(
            SlackFile.entry_id == entry.key, SlackFile.slack_file_id == slack_file_id
        )
    ).first()
    if known is not None:
        return known
    row = work.add(
        SlackFile(
            entry_id=entry.key,
            slack_file_id=slack_file_id[:30],
            name=" ".join(name.replace("\x00", "").split())[:200] or "picture",
            mime=picture_type(content),
            content=content[:LARGEST_FILE_BYTES],
            kept_at=work.now,
        )
    )
    work.emit("incident.timeline", incident)
    return row
