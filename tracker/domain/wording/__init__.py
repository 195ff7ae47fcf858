"""Wording hints: words that close a question in a review, each with a question that opens it."""
