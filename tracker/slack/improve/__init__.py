"""Improve: what follows, kept from the channel."""
