"""The incident and post-incident learning tracker.

The folders are rooms in layers, and each room's docstring states its law; docs/develop/house.md
is the tour. An import may point down the layers, never up: import-linter keeps that.
"""

__version__ = "0.1.0"
