"""Respond: an incident's channel, brought to what the record says."""
