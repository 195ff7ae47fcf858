"""The blueprints of all features, one line each."""

from __future__ import annotations

from flask import Blueprint

from tracker.web import calendar, catalogue, configuration, home
from tracker.web.analyse import (
    review_clock,
    review_depth,
    review_editor,
    review_likeness,
    review_meetings,
    review_moves,
    review_papers,
    review_parts,
    review_perspectives,
    review_signing,
    review_standing,
    review_templates,
    review_timeline,
    review_variants,
    review_writing,
    reviews,
    wording,
)
from tracker.web.improve import actions_page, procedures_page
from tracker.web.respond import (
    alerts,
    changes,
    events,
    incident_history,
    incident_response,
    incidents,
    procedure_runs,
    sources,
    timeline,
    transcripts,
)
from tracker.web.share import lessons_page, library

BLUEPRINTS: tuple[Blueprint, ...] = (
    home.bp,
    incidents.bp,  # incident_page adds its routes to it, and the next three import that
    incident_response.bp,
    incident_history.bp,
    timeline.bp,
    transcripts.bp,
    changes.bp,
    events.bp,
    alerts.bp,
    procedure_runs.bp,
    review_clock.bp,
    reviews.bp,
    review_editor.bp,
    review_parts.bp,
    review_meetings.bp,
    review_moves.bp,
    review_papers.bp,
    review_signing.bp,
    review_variants.bp,
    review_perspectives.bp,
    review_depth.bp,
    review_standing.bp,
    review_templates.bp,
    review_writing.bp,
    review_timeline.bp,
    review_likeness.bp,
    wording.bp,
    actions_page.bp,
    procedures_page.bp,
    lessons_page.bp,
    library.bp,
    catalogue.bp,
    calendar.bp,
    configuration.bp,  # with the other pages of administration
    sources.bp,
)
