"""What the planner of SQLite is told, because it keeps no statistics that would tell it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, UnaryExpression
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.operators import custom_op


class _Common(UnaryExpression[Any]):
    """A column that rows are not looked up by."""

    inherit_cache = True


def common(column: Any) -> ColumnElement[Any]:  # noqa: ANN401 - a column, in any spelling
    """The column, in a condition that a large part of the table may meet.

    SQLite takes every condition to be met by few rows: it would gather half the table from an
    index and sort it for one page. This way it reads the list in its order until the page is
    full. PostgreSQL has statistics and gets the column as it is.
    """
    return _Common(column, operator=custom_op("+"), type_=column.type)


@compiles(_Common, "sqlite")
def _with_a_plus(element: _Common, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - as SQLAlchemy calls it
    # A plus before a column is SQLite's own way to say: do not use an index for this.
    return f"+{compiler.process(element.element, **options)}"


@compiles(_Common)
def _as_it_is(element: _Common, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - as SQLAlchemy calls it
    return compiler.process(element.element, **options)
