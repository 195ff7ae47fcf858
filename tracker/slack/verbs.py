"""What a verb is here: how it is typed, what it needs, and the use case it calls."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from tracker.db.work import Look, Work
from tracker.domain.errors import NotFound
from tracker.reading.references import ref
from tracker.senders.slack_cards import commands_help
from tracker.senders.slack_text import escape
from tracker.senders.slack_words import plain_words
from tracker.slack.forms import Form, shortened
from tracker.slack.visits import Answer, Values, Visit, channel_of

ANYWHERE, INCIDENT, INSIDE = "anywhere", "incident", "inside"
NEAREST = 0.6
# What people reach for at three in the morning; the help shows these first.
NEEDED_MOST = ("status", "update", "note", "task", "role", "sev", "mitigated", "resolve")

Show = Callable[[Look, Visit, str], Answer | None]
Read = Callable[[Look, Visit, str], Values]
MakeForm = Callable[[Look, Visit, Values], Form]
Effect = Callable[[Work, Visit, Values], Answer]


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One verb. ``place``: anywhere, in an incident's channel, or inside forms and buttons only.

    ``show`` answers a question, or gives ``None`` to go on. ``read`` turns what was typed into
    values; with all of ``needs`` given the ``effect`` follows at once, else a ``form`` asks.
    ``right`` is what the effect will be asked for, so that nobody fills in a form in vain.
    """

    name: str
    usage: str = ""
    does: str = ""
    place: str = INCIDENT
    needs: tuple[str, ...] = ()
    right: str = ""
    other_names: tuple[str, ...] = ()
    show: Show | None = None
    read: Read | None = None
    form: MakeForm | None = None
    effect: Effect | None = None


@dataclass
class VerbTable:
    """All verbs of the command, found by name, by another name, or nearly."""

    verbs: dict[str, Verb] = field(default_factory=dict)

    def add(self, verbs: Iterable[Verb]) -> None:
        for verb in verbs:
            self.verbs[verb.name] = verb

    def named(self, name: str) -> Verb:
        """Raises: NotFound."""
        found = self.verbs.get(name)
        if found is None:
            raise NotFound(f"The verb “{name[:40]}”")
        return found

    def typed(self, word: str) -> Verb | None:
        """The verb of a typed word, under any of its names."""
        wanted = word.lower().strip(".,:!")
        for verb in self.verbs.values():
            if verb.place != INSIDE and wanted in (verb.name, *verb.other_names):
                return verb
        return None

    def nearest(self, word: str) -> str:
        """The verb that looks most like the word, or nothing."""
        names = {
            name: verb.name
            for verb in self.verbs.values()
            if verb.place != INSIDE
            for name in (verb.name, *verb.other_names)
        }
        close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=NEAREST)
        return names[close[0]] if close else ""

    def rows(self, place: str, command: str) -> list[tuple[str, str]]:
        """(what to type, what it does) of the verbs with this place."""
        return [
            (f"{command} {verb.usage or verb.name}", verb.does)
            for verb in self.verbs.values()
            if verb.place == place
        ]

    def run_typed(self, visit: Visit, text: str) -> Answer:
        """What the typed words ask for has happened, or a form asks for the rest.

        Raises: the five domain errors.
        """
        word, _, rest = text.strip().partition(" ")
        if "\n" in word:
            word, _, rest = text.strip().partition("\n")
        if not word:
            return self.help(visit)
        verb = self.typed(word)
        if verb is None:
            return self._unknown(visit, word, rest)
        return self.run(visit, verb, rest.strip())

    def run(self, visit: Visit, verb: Verb, words: str) -> Answer:
        """As run_typed, for a verb that is known. Raises: the five domain errors."""
        with visit.look() as look:
            if verb.place == INCIDENT:
                visit = visit.at(ref(visit.incident(look)))
            if verb.show is not None:
                shown = verb.show(look, visit, words)
                if shown is not None:
                    return shown
            values = verb.read(look, visit, words) if verb.read is not None else {}
            if verb.form is not None and not all(values.get(name) for name in verb.needs):
                return self.ask(look, visit, verb, values)
        return self.act(visit, verb, values)

    def ask(self, look: Look, visit: Visit, verb: Verb, values: Values) -> Answer:
        """The form of the verb, filled in as far as is known.

        Raises: NotPermitted, NotAllowed when what it is for would be refused, NotFound.
        """
        if verb.form is None:
            raise NotFound(f"A form for “{verb.name}”")
        if verb.right:
            look.actor.needs(verb.right)
        form = verb.form(look, visit, values)
        about = {**form.about, "incident": visit.incident_ref, "channel": visit.channel_id}
        form = replace(
            form, verb=verb.name, about={key: kept for key, kept in about.items() if kept}
        )
        typed = f"`{visit.command} {verb.usage}`" if verb.usage else visit.base_url
        return Answer(
            form=form,
            instead=f"The form could not be opened: Slack did not answer in time. "
            f"Nothing is lost; type it instead: {typed}",
        )

    def act(self, visit: Visit, verb: Verb, values: Values) -> Answer:
        """The effect of the verb has happened, once. Raises: the five domain errors."""
        effect = verb.effect
        if effect is None:
            raise NotFound(f"Something to do for “{verb.name}”")
        return visit.once(lambda work: effect(work, visit, values))

    def help(self, visit: Visit, *, whole: bool = False) -> Answer:
        """What is possible here and now: in a channel first what is needed most, then the names
        of the rest; ``whole`` says of each what it does.
        """
        with visit.look() as look:
            where = self._here(look, visit)
        anywhere = self.rows(ANYWHERE, visit.command)
        if where and whole:
            told = commands_help(
                f"In the channel of {where} you can type",
                [*self.rows(INCIDENT, visit.command), *anywhere],
            )
        elif where:
            rows = [
                (f"{visit.command} {verb.usage or verb.name}", verb.does)
                for verb in map(self.named, NEEDED_MOST)
            ]
            told = commands_help(
                f"You are in the channel of {where}. Needed most",
                rows,
                others=(
                    ("Also here", self._names(INCIDENT, without=NEEDED_MOST)),
                    ("Anywhere", self._names(ANYWHERE)),
                ),
                more=f"`{visit.command} help all` says what each of them does. "
                "Most open a form when you type them alone.",
            )
        else:
            told = commands_help(
                "Here you can type",
                [
                    *anywhere,
                    (
                        f"{visit.command} status",
                        "… and all that belongs to an incident: in its channel",
                    ),
                ],
            )
        return Answer(text=told.text, blocks=tuple(told.blocks))

    def _here(self, look: Look, visit: Visit) -> str:
        """The incident of this channel; nothing elsewhere, and where it is hidden from them."""
        if channel_of(look, visit.team_id, visit.channel_id) is None:
            return ""
        try:
            return ref(visit.incident(look))
        except NotFound:
            return ""

    def _names(self, place: str, *, without: tuple[str, ...] = ()) -> list[str]:
        return [
            verb.name
            for verb in self.verbs.values()
            if verb.place == place and verb.name not in without
        ]

    def _unknown(self, visit: Visit, word: str, rest: str) -> Answer:
        shown = escape(plain_words(word, visit.people)[:40])
        near = self.nearest(word)
        # With the rest of what was typed, to be copied.
        meant = " ".join([visit.command, near, *rest.replace("`", "'").split()])
        guess = f" Did you mean `{shortened(meant, 1_000)}`?" if near else ""
        return Answer(
            text=f"“{shown}” is not a word I know.{guess} "
            f"`{visit.command} help` shows what is possible here."
        )


def text_value(values: Mapping[str, object], name: str) -> str:
    """A text out of a form or of what was typed; empty when it was left out."""
    found = values.get(name)
    return found.strip() if isinstance(found, str) else ""


def many_values(values: Mapping[str, object], name: str) -> tuple[str, ...]:
    """Several choices; empty when none was made."""
    found = values.get(name)
    return tuple(str(one) for one in found) if isinstance(found, list | tuple) else ()
