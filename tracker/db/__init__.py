"""The database: engines, the unit of work, and the one access policy as a query.

Lives here: engine.py, work.py (the only commit), access.py (who may read what), schema.py.
Never here: rules of the field, HTTP, rendering.
May import: tracker.models, tracker.domain, SQLAlchemy, Alembic.
Start reading: work.py.
"""
