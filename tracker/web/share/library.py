"""The library: one search over incidents, reviews, actions and lessons."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for

from tracker.domain.lifecycle import words
from tracker.reading.share.library import LibraryPage, library_page
from tracker.search.index import FACETS, SORTS, FacetValue, SearchQuery
from tracker.web.forms import chosen
from tracker.web.gate import actor, look, signed_in, tracker

bp = Blueprint("library", __name__)

PER_PAGE = 20
LAST_PAGE = 500
LONGEST_QUERY = 400
MANY_VALUES = 20
FACET_NAMES = {
    "kind": "Kind",
    "service": "Service",
    "team": "Team",
    "tag": "Tag",
    "year": "Year",
    "severity": "Severity",
}
# Nobody searches for a control character, and HTML cannot show one.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
SORT_NAMES = {"relevance": "Best match", "newest": "Newest"}


@bp.get("/library")
@signed_in
def page() -> str:
    """Answers with facets; without words, everything, newest first."""
    text = _CONTROL.sub(" ", request.args.get("q", "")).strip()[:LONGEST_QUERY]
    filters = {
        name: values[:MANY_VALUES] for name in FACETS if (values := chosen(request.args, name))
    }
    sort = request.args.get("sort", "")
    sort = sort if sort in SORTS else "relevance"
    number = _page_number(request.args.get("page", ""))
    query = SearchQuery(
        text=text,
        filters=filters,
        readable_circles=actor().circles,
        limit=PER_PAGE,
        offset=(number - 1) * PER_PAGE,
        sort=sort,
    )
    with look() as reading:
        found = library_page(reading, tracker().index, query)
    return render_template(
        "library/page.html",
        found=found,
        text=text,
        filters=filters,
        sort=sort,
        number=number,
        first_shown=query.offset + 1,
        facets=_facets(found, filters),
        chips=_chips(filters),
        sorts=[(name, said, _address(sort=[name])) for name, said in SORT_NAMES.items()],
        corrected_url=_address(q=[found.corrected]) if found.corrected else "",
        without_filters_url=_address(**{name: [] for name in FACETS}) if filters else "",
        earlier_url=_address(page=[str(number - 1)]) if number > 1 else "",
        later_url=_address(page=[str(number + 1)])
        if number * PER_PAGE < found.total and number < LAST_PAGE
        else "",
        kind_words=_label,
    )


def _page_number(text: str) -> int:
    digits = text.isascii() and text.isdigit() and len(text) < 6
    return min(max(int(text), 1), LAST_PAGE) if digits else 1


def _facets(
    found: LibraryPage, filters: Mapping[str, Sequence[str]]
) -> list[tuple[str, list[dict[str, Any]]]]:
    return [
        (FACET_NAMES[name], _options(name, found.facets.get(name, ()), filters.get(name, ())))
        for name in FACETS
    ]


def _options(
    name: str, values: Sequence[FacetValue], picked: Sequence[str]
) -> list[dict[str, Any]]:
    known = {one.value for one in values}
    # What was chosen stays in view although nothing matches it, so that it can be taken away.
    shown = [(one.value, one.count) for one in values]
    shown += [(value, 0) for value in picked if value not in known]
    # The chosen come first, or one that is rare would hide behind "more".
    shown.sort(key=lambda one: one[0] not in picked)
    return [
        {
            "label": _label(name, value),
            "count": f"{count:,}",
            "chosen": value in picked,
            "url": _address(
                **{
                    name: [one for one in picked if one != value]
                    if value in picked
                    else [*picked, value]
                }
            ),
        }
        for value, count in shown
    ]


def _chips(filters: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    return [
        {
            "label": f"{FACET_NAMES[name]}: {_label(name, value)}",
            "remove_url": _address(**{name: [one for one in values if one != value]}),
        }
        for name, values in filters.items()
        for value in values
    ]


def _label(facet: str, value: str) -> str:
    if facet == "kind":
        said = words(value)
        return said[:1].upper() + said[1:]
    return value


def _address(**changes: list[str]) -> str:
    """This page with something changed; every change goes back to the first page."""
    kept: dict[str, list[str]] = {
        name: request.args.getlist(name) for name in ("q", *FACETS, "sort") if name in request.args
    }
    kept.update(changes)
    parts = {name: values for name, values in kept.items() if any(values)}
    return url_for("library.page", **parts)  # type: ignore[arg-type]
