"""One file for each sender: what it sends, turned into alerts, changes and notices.

Lives here: `parse(delivery) -> Received` functions without anything beside them.
Never here: checking who sends (`signatures`), limits (`drafts`), what becomes of an alert.
May import: the rest of `tracker.intake`, but not `kinds`, which lists them.
Start reading: `alertmanager`, the sender most people have.
"""
