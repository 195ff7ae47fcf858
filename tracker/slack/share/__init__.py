"""Share: what is known, found and shown in Slack."""
