"""What alarms, deployments and providers tell: a sender's message in, alerts and changes out.

Lives here: reading and checking a body, signatures, masking; `parsers/` has one file per sender.
Never here: SQL, HTTP, the clock, secrets at rest, and what becomes of an alert.
May import: `tracker.domain` and the seeded mappings, and from outside jmespath and cryptography.
Start reading: `kinds` (every sender in one table), then `fields`, then one parser.
"""
