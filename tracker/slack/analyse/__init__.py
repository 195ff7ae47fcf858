"""Analyse: the review begun and answered from the channel, and how it looked to somebody."""
