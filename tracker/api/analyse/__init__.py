"""Analyse: the review and its answers."""
