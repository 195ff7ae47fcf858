"""How it looked to somebody, told in Slack: the form, “No, thanks”, and what is asked of them.

What they write goes to their own page and nowhere else: no answer, no log and no row of Slack's
holds a word of it.
"""

from __future__ import annotations

import hashlib

from slack_sdk.models.blocks import Block

from tracker.db.work import Look, Work
from tracker.domain import asks
from tracker.domain.errors import Gap, NotAllowed, NotFound
from tracker.domain.perspective import DECLINED, QUESTIONS, SHARED, WITHDRAWN
from tracker.models.perspective import Perspective
from tracker.models.review import Review
from tracker.reading.analyse.perspectives import (
    my_perspective,
    my_perspective_of,
    open_asks,
    standing_of,
    texts_of,
)
from tracker.reading.references import ref, review_by_ref
from tracker.senders.slack_blocks import actions, context, section
from tracker.senders.slack_cards import perspective_buttons
from tracker.senders.slack_text import escape, link, one_line
from tracker.slack.forms import TEXT_LIMIT, Field, Form, Option
from tracker.slack.respond.declaring import page_of
from tracker.slack.verbs import INSIDE, Verb, text_value
from tracker.slack.visits import Answer, Values, Visit
from tracker.usecases.analyse.perspectives import (
    WritePerspective,
    decline_perspective,
    share_perspective,
    write_perspective,
)

WRITE = "write perspective"
ASKS_SHOWN = 10
OUTCOME = "outcome"
PRIVATE, SHARE = "private", "share"


def asked_blocks(look: Look, visit: Visit) -> list[Block]:
    """What this person is asked about and has not answered, with the buttons of the message."""
    waiting = open_asks(look)
    blocks: list[Block] = []
    for row, review in waiting[:ASKS_SHOWN]:
        url = _own_page(visit, row)
        words = f"{ref(review)} {review.title}"
        blocks.append(section(f"• How did it look to you? {link(url, words)}"))
        blocks.append(actions(perspective_buttons(f"{ref(review)} {row.key}", url=url)))
    if blocks:
        blocks.append(context("Only you read what you write until you share it."))
    return blocks


def decline(work: Work, visit: Visit, reference: str) -> Answer:
    """They would rather not. Raises: NotFound, NotAllowed while it is shared."""
    row, review = _mine(work, reference)
    if standing_of(row) == WITHDRAWN:
        return Answer(text=_withdrawn(visit, row, review))
    decline_perspective(work, row.key)
    page = link(_own_page(visit, row), "your page")
    return Answer(
        text=f"That is fine, and nobody will remind you about {ref(review)}. "
        f"Should you change your mind, {page} stays."
    )


def _form(look: Look, visit: Visit, _values: Values) -> Form:
    row, review = _mine(look, visit.about.get("review", ""))
    stands = standing_of(row)
    if stands == WITHDRAWN:
        raise NotAllowed(
            f"You are no longer asked about {ref(review)}, so there is nothing to do",
            hint=f"What you may have written is yours: {_own_page(visit, row)}",
        )
    if stands == SHARED and review.published_version:
        raise NotAllowed(
            f"{ref(review)} is published with what you shared",
            gaps=[Gap("state", "What was published with the review stays as it was read")],
            hint=f"You can read it here: {_own_page(visit, row)}",
        )
    texts = texts_of(row)
    long = [one.key for one in QUESTIONS if len(texts.get(one.key, "")) > TEXT_LIMIT]
    page = link(_own_page(visit, row), "your page")
    intro: list[Block] = [
        section(
            f"*{one_line(f'{ref(review)} {review.title}', 200)}*\n"
            "Nobody is looking for who did what. Write as much or as little as you like; "
            "no question has to be answered."
        ),
        context(f"It is kept on {page}, where moments with their time have a place, too."),
    ]
    if stands == DECLINED:
        intro.append(context("You said “no, thanks”. Writing after all is welcome."))
    if long:
        intro.append(context(f"What is longer than a form of Slack can hold stands on {page}."))
    fields = [
        Field(
            name=one.key,
            label=one.prompt,
            hint=one.help,
            kind="text",
            optional=True,
            value=texts.get(one.key, ""),
        )
        for one in QUESTIONS
        if one.key not in long
    ]
    return Form(
        verb=WRITE,
        title="How it looked to you",
        submit="Keep it",
        intro=tuple(one.to_dict() for one in intro),
        fields=(_outcome(stands), *fields),
        about={"review": ref(review)}
        | {one.name: f"{_version(row, one.name)} {_digest(str(one.value))}" for one in fields},
    )


def _outcome(stands: str) -> Field:
    options: tuple[Option, ...] = (
        Option(PRIVATE, "Keep private for now: only you read it"),
        Option(SHARE, "Share with the review: its readers read it"),
    )
    if stands == SHARED:
        # Taking it back is for the page, where it says what that means.
        options = (Option(SHARE, "It is shared: readers see what you change"),)
    return Field(
        name=OUTCOME,
        label="Who reads it?",
        hint="What is shared can be taken back on your page until the review is published.",
        kind="choice",
        value=options[0].value,
        options=options,
    )


def _write(work: Work, visit: Visit, values: Values) -> Answer:
    """Every text that was changed is kept; then it is shared, if that is wanted and possible."""
    row, review = _mine(work, visit.about.get("review", ""))
    for one in QUESTIONS:
        version, _, digest = visit.about.get(one.key, "").partition(" ")
        if one.key not in values or not version.isdecimal():
            continue
        text = text_value(values, one.key)
        if _digest(text) == digest:
            # Left as the form showed it: what another window wrote meanwhile stands.
            continue
        ask = WritePerspective(question=one.key, text=text, base_version=int(version))
        write_perspective(work, row.key, ask)
    page = link(_own_page(visit, row), "your page")
    if text_value(values, OUTCOME) != SHARE:
        return Answer(text=f"Kept. Only you can read it, on {page}, until you share it.")
    if standing_of(row) == WITHDRAWN:
        return Answer(text=f"Kept, and not shared. {_withdrawn(visit, row, review)}")
    if review.state == "waived":
        return Answer(
            text=f"Kept on {page}, and not shared: {ref(review)} was waived meanwhile. "
            "Only you can read it."
        )
    share_perspective(work, row.key)
    return Answer(
        text=f"Shared with the readers of {ref(review)}. Thank you: this is how others learn "
        f"from it. {link(_own_page(visit, row), 'Your page')} is where you can change it."
    )


def _withdrawn(visit: Visit, row: Perspective, review: Review) -> str:
    page = link(_own_page(visit, row), "your page")
    return (
        f"You are no longer asked about {escape(ref(review))}, so there is nothing to do. "
        f"What you may have written is on {page}, for you alone."
    )


def _mine(look: Look, reference: str) -> tuple[Perspective, Review]:
    """Raises: NotFound for who was not asked, too."""
    found = my_perspective_of(look, review_by_ref(look, reference))
    if found is None:
        raise NotFound("That question")
    return my_perspective(look, found)


def _own_page(visit: Visit, row: Perspective) -> str:
    return f"{page_of(visit, f'REV-{row.review_id}')}/perspectives/mine"


def _version(row: Perspective, question: str) -> int:
    return int((row.answers.get(question) or {}).get("version", 0))


def _digest(text: str) -> str:
    """Tells a text from another; the text itself would not fit into what a form carries along."""
    return hashlib.sha256(asks.clean(text).encode()).hexdigest()[:16]


VERBS = (Verb(name=WRITE, place=INSIDE, right="write_perspective", form=_form, effect=_write),)
