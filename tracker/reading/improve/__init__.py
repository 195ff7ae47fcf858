"""Improve: actions until they are verified."""
