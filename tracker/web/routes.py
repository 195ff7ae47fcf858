"""The blueprints of all features, one line each."""

from __future__ import annotations

from flask import Blueprint

from tracker.web import actions, admin, catalogue, home, incidents, lessons, library, reviews

BLUEPRINTS: tuple[Blueprint, ...] = (
    home.bp,
    incidents.bp,
    reviews.bp,
    actions.bp,
    lessons.bp,
    library.bp,
    catalogue.bp,
    admin.bp,
)
