"""The blueprints of all features, one line each."""

from __future__ import annotations

from flask import Blueprint

from tracker.web import (
    actions_page,
    admin_people,
    catalogue,
    home,
    incident_history,
    incident_response,
    incidents,
    lessons_page,
    library,
    review_editor,
    review_moves,
    review_parts,
    reviews,
    timeline,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    home.bp,
    incidents.bp,  # incident_page adds its routes to it, and the next three import that
    incident_response.bp,
    incident_history.bp,
    timeline.bp,
    reviews.bp,
    review_editor.bp,
    review_parts.bp,
    review_moves.bp,
    actions_page.bp,
    lessons_page.bp,
    library.bp,
    catalogue.bp,
    admin_people.bp,
)
