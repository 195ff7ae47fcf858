"""Analyse: the review begun and answered from the channel."""
