"""The command ``tracker``: what operators, scripts and pipelines type.

Lives here: commands, what they print, and their exit codes. Data goes to standard output and
nothing else does. Never here: a rule, or a query of its own. May import everything below.
Start reading: main.py (the group), then serving.py.
"""
