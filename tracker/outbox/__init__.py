"""The outbox: what happens after a commit, done by the worker, at least once.

Lives here: the handlers of events, the worker that claims and delivers, the schedule of clocks.
Never here: a rule of the domain, or a side effect that has no row in the outbox.
May import: app and everything below it. Start reading: subscribers.py, then worker.py.
"""
