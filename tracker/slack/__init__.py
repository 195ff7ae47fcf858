"""The Slack face: commands, forms, buttons, shortcuts and the home tab. A face like the pages.

Lives here: what people type and press, put into the use cases' words, and the answers they see.
Never here: a rule, a query of its own, a call to Slack that may be lost - those are deliveries.
May import: app and everything below it. Start reading: bolt.py, then verbs.py;
the verbs themselves live on the second floor, each where its use case lives.
"""
