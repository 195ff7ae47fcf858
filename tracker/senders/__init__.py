"""Senders: what the tracker says to other services, and how their refusals are told to people.

Lives here: one protocol, Slack behind it, the messages for Slack as pure builders, kept secrets.
Never here: a query, a rule, or the decision to send. May import: models, domain, slack_sdk.
Start reading: sender.py, then slack.py; slack_blocks.py for what people see.
"""
