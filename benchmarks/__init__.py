"""What the tracker costs, measured: ratios to a bare Flask page, with the figures beside them.

Lives here: made-up organisations of any size, servers on one core, a client, what is measured.
Never here: assertions. A benchmark tells; the tests count queries and never look at the clock.
May import: everything of the tracker, and the standard library.
Start reading: __main__.py, then pages.py. ``python -m benchmarks --quick`` takes a few minutes.
"""
