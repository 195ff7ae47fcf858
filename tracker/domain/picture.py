"""The picture of an incident: what stood when, as places on a plane. Values in, places out.

Lanes from top to bottom: impact, severity, key moments, changes, who joined, and how much was
written. Marks carry numbers, and the table below the picture says what each number is: so two
hundred entries stay readable, and whoever does not see the picture reads the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

WIDTH, LABELS, MARGIN = 960, 118, 14
ROW, GAP, TOP = 24, 12, 10
MARK = 20
LONGEST_LABEL = 16
# A stretch in which nothing is known to have happened is drawn short, with a break in the axis.
QUIET_SHARE, QUIET_LEAST, QUIET_WIDTH = 0.2, timedelta(hours=3), 34
FEWEST_FOR_BREAKS = 6
MOST_ROWS = 4
BARS_OF_WRITING = 96
STEPS = tuple(
    timedelta(minutes=one)
    for one in (1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880, 10080, 43200)
)
TICK_ROOM = 64


@dataclass(frozen=True)
class Span:
    """Something that lasted: ``until`` is ``None`` while it goes on."""

    name: str
    since: datetime
    until: datetime | None = None
    tone: str = ""


@dataclass(frozen=True)
class Moment:
    """Something that happened at an instant."""

    at: datetime
    kind: str
    words: str


@dataclass(frozen=True)
class Story:
    """What the picture tells. Roles, never people."""

    impact: tuple[Span, ...] = ()
    severities: tuple[Span, ...] = ()
    moments: tuple[Moment, ...] = ()
    changes: tuple[Moment, ...] = ()
    joined: tuple[Span, ...] = ()
    written: tuple[datetime, ...] = ()

    @property
    def instants(self) -> list[datetime]:
        """Every instant that it names, in order."""
        spans = (*self.impact, *self.severities, *self.joined)
        named = [one.since for one in spans] + [one.until for one in spans if one.until]
        named += [one.at for one in (*self.moments, *self.changes)]
        return sorted({*named, *self.written})


@dataclass(frozen=True)
class Bar:
    """A span as a box; ``open`` when it has no end yet."""

    x: int
    y: int
    width: int
    text: str
    tone: str
    open: bool


@dataclass(frozen=True)
class Mark:
    """A numbered moment; the table says what the number is."""

    x: int
    y: int
    number: int
    kind: str


@dataclass(frozen=True)
class Tick:
    """A place on the axis; the day stands where it changes."""

    x: int
    clock: str
    day: str


@dataclass(frozen=True)
class Lane:
    """A strip of the picture with its name."""

    name: str
    y: int
    height: int


@dataclass(frozen=True)
class Told:
    """A row of the table beside the picture: number (0 for a span), times, what it is."""

    number: int
    kind: str
    since: datetime
    until: datetime | None
    words: str
    lasts: bool = False


@dataclass(frozen=True)
class Picture:
    """Everything drawn, in units of the picture, and the same told in rows and in a sentence."""

    width: int
    height: int
    axis_y: int
    lanes: list[Lane]
    bars: list[Bar]
    marks: list[Mark]
    ticks: list[Tick]
    breaks: list[int]
    writing: list[tuple[int, int, int]]  # x, y, height
    rows: list[Told]
    words: str


@dataclass
class Scale:
    """Instants to places. Quiet stretches are short and have a break in their middle."""

    instants: Sequence[datetime]
    places: list[float] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    _quiet: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        total = self.instants[-1] - self.instants[0]
        pairs = list(zip(self.instants, self.instants[1:], strict=False))
        if len(self.instants) >= FEWEST_FOR_BREAKS:
            self._quiet = {
                number
                for number, (one, other) in enumerate(pairs)
                if other - one > max(QUIET_LEAST, total * QUIET_SHARE)
            }
        busy = sum(((b - a) for n, (a, b) in enumerate(pairs) if n not in self._quiet), timedelta())
        room = WIDTH - LABELS - 2 * MARGIN - QUIET_WIDTH * len(self._quiet)
        place = float(LABELS + MARGIN)
        self.places.append(place)
        for number, (one, other) in enumerate(pairs):
            if number in self._quiet:
                self.breaks.append(round(place + QUIET_WIDTH / 2))
                place += QUIET_WIDTH
            else:
                place += room * ((other - one) / busy) if busy else 0
            self.places.append(place)

    def at(self, instant: datetime) -> int:
        """The place of an instant between the first and the last."""
        after = min(bisect_right(self.instants, instant), len(self.instants) - 1)
        if after == 0 or instant <= self.instants[0]:
            return round(self.places[0])
        one, other = self.instants[after - 1], self.instants[after]
        share = min(1.0, (instant - one) / (other - one)) if other > one else 0.0
        return round(self.places[after - 1] + share * (self.places[after] - self.places[after - 1]))

    def ticks(self) -> list[Tick]:
        """Round times along the busy stretches, as many as have room."""
        found: list[Tick] = []
        step = self._step()
        for number, (one, other) in enumerate(zip(self.instants, self.instants[1:], strict=False)):
            if number in self._quiet:
                continue
            at = _rounded_up(one, step)
            while at <= other:
                x = self.at(at)
                if not found or x - found[-1].x >= TICK_ROOM:
                    found.append(Tick(x, f"{at:%H:%M}", f"{at.day} {at:%b}"))
                at += step
        return _days_once(found) or [_tick_at(self.at(self.instants[0]), self.instants[0])]

    def _step(self) -> timedelta:
        per_second = max(
            (
                (self.places[n + 1] - self.places[n]) / (b - a).total_seconds()
                for n, (a, b) in enumerate(zip(self.instants, self.instants[1:], strict=False))
                if n not in self._quiet and b > a
            ),
            default=1.0,
        )
        fitting = [one for one in STEPS if one.total_seconds() * per_second >= TICK_ROOM]
        return fitting[0] if fitting else STEPS[-1]


def draw(story: Story) -> Picture | None:
    """The picture, or ``None`` where nothing has a time. The same story draws the same."""
    instants = story.instants
    if not instants:
        return None
    if len(instants) == 1:
        instants = [*instants, instants[0] + timedelta(minutes=30)]
    scale = Scale(instants)
    lanes: list[Lane] = []
    bars: list[Bar] = []
    marks: list[Mark] = []
    rows: list[Told] = []
    y = TOP
    for name, spans in (("Impact", story.impact), ("Severity", story.severities)):
        y = _bars(scale, name, spans, y, lanes, bars, rows)
    for name, moments in (("Key moments", story.moments), ("Changes", story.changes)):
        y = _marks(scale, name, moments, y, lanes, marks, rows)
    y = _bars(scale, "Who joined", story.joined, y, lanes, bars, rows)
    writing = _writing(scale, story.written, y)
    if writing:
        lanes.append(Lane("Timeline", y, ROW))
        y += ROW + GAP
    return Picture(
        width=WIDTH,
        height=y + 40,
        axis_y=y,
        lanes=lanes,
        bars=bars,
        marks=marks,
        ticks=scale.ticks(),
        breaks=scale.breaks,
        writing=writing,
        rows=sorted(rows, key=lambda row: (row.since, row.number)),
        words=_in_words(story),
    )


def _bars(
    scale: Scale,
    name: str,
    spans: Sequence[Span],
    y: int,
    lanes: list[Lane],
    bars: list[Bar],
    rows: list[Told],
) -> int:
    if not spans:
        return y
    ends: list[int] = []
    right = WIDTH - MARGIN
    for span in sorted(spans, key=lambda one: one.since):
        x = scale.at(span.since)
        end = scale.at(span.until) if span.until else right
        row = next((n for n, last in enumerate(ends) if last <= x), len(ends))
        row = min(row, MOST_ROWS * 2 - 1)
        ends[row : row + 1] = [end]
        width = max(4, end - x)
        fits = width >= 7 * min(len(span.name), LONGEST_LABEL) + 8
        text = (
            span.name if len(span.name) <= LONGEST_LABEL else f"{span.name[: LONGEST_LABEL - 1]}…"
        )
        bars.append(
            Bar(x, y + row * (ROW + 2), width, text if fits else "", span.tone, span.until is None)
        )
        rows.append(Told(0, name, span.since, span.until, span.name, lasts=True))
    height = len(ends) * (ROW + 2)
    lanes.append(Lane(name, y, height))
    return y + height + GAP


def _marks(
    scale: Scale,
    name: str,
    moments: Sequence[Moment],
    y: int,
    lanes: list[Lane],
    marks: list[Mark],
    rows: list[Told],
) -> int:
    if not moments:
        return y
    ends: list[int] = []
    for moment in sorted(moments, key=lambda one: one.at):
        x = scale.at(moment.at)
        row = next((n for n, last in enumerate(ends) if last + MARK + 2 <= x), len(ends))
        # Where too many meet, the last row holds the rest; their numbers stand in the table.
        row = min(row, MOST_ROWS - 1)
        ends[row : row + 1] = [x]
        number = len(marks) + 1
        marks.append(Mark(x, y + row * (MARK + 2) + MARK // 2, number, moment.kind))
        rows.append(Told(number, moment.kind, moment.at, None, moment.words))
    height = len(ends) * (MARK + 2)
    lanes.append(Lane(name, y, height))
    return y + height + GAP


def _writing(scale: Scale, written: Sequence[datetime], y: int) -> list[tuple[int, int, int]]:
    """How much was written, as small columns: two hundred entries are a shape, not a blot."""
    if not written:
        return []
    width = (WIDTH - LABELS - MARGIN) / BARS_OF_WRITING
    counts: dict[int, int] = {}
    for at in written:
        place = int((scale.at(at) - LABELS) / width)
        counts[place] = counts.get(place, 0) + 1
    most = max(counts.values())
    found = []
    for place, count in sorted(counts.items()):
        height = max(3, round(ROW * count / most))
        found.append((round(LABELS + place * width), y + ROW - height, height))
    return found


def _rounded_up(at: datetime, step: timedelta) -> datetime:
    zero = datetime(2001, 1, 1, tzinfo=UTC)  # a Monday
    return zero + -((zero - at) // step) * step


def _tick_at(x: int, at: datetime) -> Tick:
    return Tick(x, f"{at:%H:%M}", f"{at.day} {at:%b}")


def _days_once(ticks: list[Tick]) -> list[Tick]:
    told: list[Tick] = []
    day = ""
    for tick in ticks:
        told.append(tick if tick.day != day else Tick(tick.x, tick.clock, ""))
        day = tick.day
    return told


def _in_words(story: Story) -> str:
    first, last = story.instants[0], story.instants[-1]
    counted = [
        (len(story.impact), "time of impact", "times of impact"),
        (len(story.moments), "key moment", "key moments"),
        (len(story.changes), "change", "changes"),
        (len(story.joined), "role taken", "roles taken"),
        (len(story.written), "timeline entry", "timeline entries"),
    ]
    told = [f"{count} {one if count == 1 else many}" for count, one, many in counted if count]
    listed = ", ".join(told) or "its severity"
    return (
        f"From {first.day} {first:%b %Y, %H:%M} to {last.day} {last:%b %Y, %H:%M} UTC: {listed}. "
        "The table below tells the same."
    )
