"""Analyse: what people are told about reviews by itself."""
