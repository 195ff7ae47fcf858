"""Respond: an incident run from its channel."""
