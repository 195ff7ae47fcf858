"""Respond: what happens while an incident goes on."""
