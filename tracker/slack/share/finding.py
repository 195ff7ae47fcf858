"""What there is: open incidents, search, lessons, what waits for me, what resembles this."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from slack_sdk.models.blocks import Block

from tracker.db.work import Look, Work
from tracker.reading.home import HomePage, home_page
from tracker.reading.references import lesson_by_ref, ref
from tracker.reading.respond.incidents import IncidentFilter, list_incidents
from tracker.reading.share.lessons import lesson_page
from tracker.reading.share.library import LibraryHit, library_page
from tracker.reading.slack import slack_channel
from tracker.search.index import SearchQuery
from tracker.senders.slack_blocks import (
    FINISH_ACTION,
    VERIFY_ACTION,
    actions,
    button,
    context,
    message,
    section,
)
from tracker.senders.slack_cards import (
    HitFact,
    LessonFact,
    search_results,
)
from tracker.senders.slack_cards import similar as similar_message
from tracker.senders.slack_text import channel, escape, join_within, link, one_line, when
from tracker.senders.slack_words import plain_words
from tracker.slack.analyse.perspectives import asked_blocks
from tracker.slack.respond.declaring import page_of, similar_hits
from tracker.slack.respond.responding import said
from tracker.slack.verbs import ANYWHERE, Verb
from tracker.slack.visits import Answer, Visit
from tracker.usecases.respond.slack_messages import share_lesson

LISTED = 15
FOUND = 8
SIMILAR = 6


def _list(look: Look, visit: Visit, _words: str) -> Answer:
    wanted = IncidentFilter(state=("open",), kind=("incident",))
    rows = list_incidents(look, wanted, sort="severity", limit=LISTED)
    if not rows.items:
        return said(
            message(
                "No incident is open",
                [
                    section("No incident is open. :seedling:"),
                    context(f"`{escape(visit.command)} declare` if something looks wrong."),
                ],
            )
        )
    lines = []
    for item in rows.items:
        known = slack_channel(look, item.row.key)
        where = f" · {channel(known.channel_id)}" if known and known.channel_id else ""
        lines.append(
            f"• *{escape(item.row.severity or '-')}* "
            f"{link(page_of(visit, item.ref), f'{item.ref} {item.row.title}')}"
            f" · {escape(item.row.state)}, open since {when(item.row.declared_at)}{where}"
        )
    blocks: list[Block] = [
        section("*Open incidents, the gravest first*\n" + join_within(lines, 2_800))
    ]
    if rows.next_cursor:
        everything = link(f"{visit.base_url}/incidents?state=open", "All of them")
        blocks.append(context(everything))
    return said(message("The open incidents", blocks))


def search(look: Look, visit: Visit, words: str, *, kinds: tuple[str, ...] = ()) -> Answer:
    """What the library knows about the words, as far as this person may read it."""
    wanted = plain_words(words, visit.people)[:500]
    found = library_page(
        look,
        visit.app.index,
        SearchQuery(
            text=wanted,
            filters={"kind": kinds} if kinds else {},
            readable_circles=look.actor.circles,
            limit=FOUND,
        ),
    )
    narrowed = "&kind=lesson" if kinds == ("lesson",) else ""
    more = f"{visit.base_url}/library?q={_in_address(wanted)}{narrowed}"
    told = search_results(
        wanted, _hits(visit, found.hits), total=found.total, more_url=more, shareable=True
    )
    notes = [one for one in (found.hint, _corrected(found.corrected)) if one]
    return Answer(
        text=told.text,
        blocks=(*told.blocks, *(context(escape(one)).to_dict() for one in notes)),
    )


def _search(look: Look, visit: Visit, words: str) -> Answer:
    if not words.strip():
        return Answer(text=f"Say what to look for: `{visit.command} search connection pool`")
    return search(look, visit, words)


def lessons(look: Look, visit: Visit, words: str) -> Answer:
    """The lessons command: with words what fits them, without any the newest."""
    if words.strip():
        return search(look, visit, words, kinds=("lesson",))
    found = library_page(
        look,
        visit.app.index,
        SearchQuery(
            text="",
            filters={"kind": ("lesson",)},
            readable_circles=look.actor.circles,
            limit=FOUND,
            sort="newest",
        ),
    )
    if not found.hits:
        return Answer(text="No lesson is published yet. The first comes out of the first review.")
    command = f"/{visit.app.settings.slack_lessons_command}"
    told = search_results(
        "the newest lessons",
        _hits(visit, found.hits),
        total=found.total,
        more_url=f"{visit.base_url}/lessons",
        shareable=True,
    )
    opening: list[Block] = [section(f"*The newest lessons.* `{escape(command)} words` searches.")]
    return Answer(
        text="The newest lessons",
        blocks=(*(one.to_dict() for one in opening), *told.blocks[1:]),
    )


def lesson_fact(look: Look, visit: Visit, reference: str) -> LessonFact:
    """The lesson as its card tells it. Raises: NotFound."""
    lesson = lesson_by_ref(look, reference)
    page = lesson_page(look, lesson)
    return LessonFact(
        ref=ref(lesson),
        title=lesson.title,
        url=page_of(visit, ref(lesson)),
        situation=lesson.situation,
        insight=lesson.insight,
        recommendation=lesson.recommendation,
        tags=tuple(page.item.links.tags),
    )


def share(work: Work, visit: Visit, reference: str) -> Answer:
    """The lesson will be posted in this channel. Raises: NotFound, NotAllowed."""
    lesson = lesson_by_ref(work, reference)
    share_lesson(work, lesson, team_id=visit.team_id, channel_id=visit.channel_id)
    return Answer(text=f"{ref(lesson)} is being posted here. Thank you for passing it on.")


def _todo(look: Look, visit: Visit, _words: str) -> Answer:
    return said(
        message(
            "What waits for you", waiting(home_page(look), visit, asked=asked_blocks(look, visit))
        )
    )


def waiting(page: HomePage, visit: Visit, *, asked: Sequence[Block]) -> list[Block]:
    """What waits for this person, with buttons for what can be done from here."""
    blocks: list[Block] = [*asked]
    for item in page.my_actions:
        due = f" · due {item.row.due_on:%Y-%m-%d}" if item.row.due_on else ""
        blocks.append(
            section(
                f"• {link(page_of(visit, item.ref), f'{item.ref} {item.row.title}')}"
                f" · {escape(item.row.state.replace('_', ' '))}{due}"
            )
        )
        if item.row.state in ("accepted", "in_progress"):
            blocks.append(actions([button("Done …", FINISH_ACTION, value=item.ref)]))
        elif item.row.state == "done":
            blocks.append(actions([button("Did it work? …", VERIFY_ACTION, value=item.ref)]))
    blocks.extend(
        section(f"• {one_line(told.text, 300)}")
        for told in page.notices
        # It stands above, with its buttons, as long as it is open.
        if told.kind != "perspective_asked"
    )
    mine = [
        one
        for one in page.reviews_due
        if visit.actor.person_id in (one.owner_id, one.facilitator_id)
    ]
    for review in mine:
        due = f" · due {review.due_on:%Y-%m-%d}" if review.due_on else ""
        blocks.append(
            section(f"• {link(page_of(visit, ref(review)), f'{ref(review)} {review.title}')}{due}")
        )
    if not blocks:
        return [section("Nothing waits for you. :seedling:")]
    return [section("*What waits for you*"), *blocks]


def _similar(look: Look, visit: Visit, words: str) -> Answer:
    incident = visit.incident(look)
    text = plain_words(words, visit.people) or f"{incident.title}\n{incident.summary}"
    return said(
        similar_message(similar_hits(look, visit, text, limit=SIMILAR, exclude=(ref(incident),)))
    )


def _hits(visit: Visit, hits: Sequence[LibraryHit]) -> list[HitFact]:
    return [
        HitFact(hit.kind, hit.ref, hit.title, page_of(visit, hit.ref), hit.excerpt_text)
        for hit in hits
    ]


def _corrected(words: str) -> str:
    return f"Or did you mean: {words}" if words else ""


def _in_address(words: str) -> str:
    return quote(words, safe="")


VERBS = (
    Verb(
        name="similar",
        does="what resembles this and happened before",
        other_names=("like", "before"),
        show=_similar,
    ),
    Verb(
        name="list",
        does="the open incidents",
        place=ANYWHERE,
        other_names=("ls", "all"),
        show=_list,
    ),
    Verb(
        name="search",
        usage="search connection pool",
        does="searches lessons, reviews, incidents and actions",
        place=ANYWHERE,
        other_names=("find",),
        show=_search,
    ),
    Verb(
        name="todo",
        does="what waits for you",
        place=ANYWHERE,
        other_names=("mine", "my"),
        show=_todo,
    ),
)
