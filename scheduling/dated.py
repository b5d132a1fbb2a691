"""Rows that have a `starts_at`: by the day on the practice's clock, by a moment, and those that changed since."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, Self, TypeVar

from django.db import connection, models
from django.db.models import BooleanField, DateField, DateTimeField, F, Func, OuterRef, Q, Subquery, Value
from django.db.models.expressions import RawSQL

from core.prepared import Hole
from core.querysets import ClinicQuerySet
from directory.models import Practice

M = TypeVar("M", bound=models.Model)

# A day of the calendar begins somewhere so long before, and somewhere so long after, midnight in UTC.
EASTMOST, WESTMOST = timedelta(hours=14), timedelta(hours=12)


class LocalDay(Func):
    """The day that a clock in the time zone `zone` shows at a moment; both are expressions."""

    arity = 2
    template = "(timezone(%(expressions)s))::date"
    output_field = DateField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """The function that Django gives to SQLite."""
        zone, moment = self.get_source_expressions()
        there = self.copy()
        there.set_source_expressions([moment, zone, Value("UTC")])
        return there.as_sql(compiler, connection, template="django_datetime_cast_date(%(expressions)s)", **extra)


class LastsFor(Func):
    """Whether a row lasts at least this long. On SQLite to the millisecond: its subtraction would call Python."""

    arity = 3
    output_field = BooleanField()

    def __init__(self, length: timedelta) -> None:
        super().__init__(F("ends_at"), F("starts_at"), Value(length))

    def as_sql(self, compiler: Any, connection: Any, *_template: Any, **_more: Any) -> Any:
        """The difference is a duration."""
        return self._compared(compiler, "({ends} - {starts}) >= {length}")

    def as_sqlite(self, compiler: Any, connection: Any, **_more: Any) -> Any:
        """The difference is one of days, as numbers, and a length is in microseconds."""
        return self._compared(compiler, "(julianday({ends}) - julianday({starts})) * 86400000000 >= {length} - 1000")

    def _compared(self, compiler: Any, template: str) -> Any:
        ends, starts, length = map(compiler.compile, self.get_source_expressions())
        return template.format(ends=ends[0], starts=starts[0], length=length[0]), (*ends[1], *starts[1], *length[1])


# The month of a moment, as the indexes of months have it.
MONTH, MONTH_ON_SQLITE = "date_trunc('month', timezone('UTC', {moment}))", "substr({moment}, 1, 7)"


class Month(Func):
    """The month of a moment in UTC, as an index has it: a moment in PostgreSQL, the beginning of the text in SQLite."""

    arity = 1
    template = MONTH.format(moment="%(expressions)s")
    output_field = DateTimeField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Year and month, as they are kept."""
        return self.as_sql(compiler, connection, template=MONTH_ON_SQLITE.format(moment="%(expressions)s"), **extra)


# The first month of which something changed: a look or two into the index of months for each.
FIRST_MONTH = """
WITH RECURSIVE looked (month) AS (
    SELECT MIN({month}) FROM {table} WHERE {such}
    UNION ALL
    SELECT (SELECT MIN({month}) FROM {table} WHERE {month} > looked.month AND {such}) FROM looked WHERE NOT EXISTS
        (SELECT 1 FROM {table} WHERE {month} = looked.month AND updated_at >= %s AND {such}) AND month IS NOT NULL
)
SELECT {begin} FROM looked
"""


class DatedQuerySet(ClinicQuerySet[M]):
    """Rows of a practice with a `starts_at`, filtered by the day on the practice's clock or by a moment.

    The wide bounds in UTC are for the index; the clock is asked of what starts near the day's midnight alone.
    """

    def starting_from(self, when: date | datetime) -> Self:
        """Rows that start on this day, or at this moment, or later."""
        if isinstance(when, datetime):
            return self.filter(starts_at__gte=when)
        midnight = datetime.combine(when, time(), tzinfo=UTC)
        near = self.filter(starts_at__gte=midnight - EASTMOST).alias(day_from=_local_day())
        return near.filter(Q(starts_at__gte=midnight + WESTMOST) | Q(day_from__gte=when))

    def starting_until(self, when: date | datetime) -> Self:
        """Rows that start on this day or earlier, or before this moment."""
        if isinstance(when, datetime):
            return self.filter(starts_at__lt=when)
        midnight = datetime.combine(when, time(), tzinfo=UTC) + timedelta(days=1)
        near = self.filter(starts_at__lt=midnight + WESTMOST).alias(day_until=_local_day())
        return near.filter(Q(starts_at__lt=midnight - EASTMOST) | Q(day_until__lte=when))

    # The condition of the table's index of months, in SQL: rows that do not meet it are not looked at.
    _in_months: ClassVar[str]

    def from_first_month_changed(self, since: Any) -> Self:
        """Leave out the months before the first one in which any row was changed since.

        Looks only at visits from slots, or at slots that are offered: use it on no other rows. Many recent changes
        would otherwise make a walk in the order of time pass all of the past. `since` may be a hole.
        """
        on_sqlite = connection.vendor == "sqlite"
        month = (MONTH_ON_SQLITE if on_sqlite else MONTH).format(moment="starts_at")
        begin = "MAX(month)" if on_sqlite else "timezone('UTC', MAX(month))"
        table = connection.ops.quote_name(self.model._meta.db_table)
        # The names are our own, and the moment comes as a parameter.
        sql = FIRST_MONTH.format(month=month, begin=begin, table=table, such=self._in_months)
        kept = since if isinstance(since, Hole) else connection.ops.adapt_datetimefield_value(since)
        return self.filter(starts_at__gte=RawSQL(sql, [kept], output_field=DateTimeField()))  # noqa: S611


def _local_day() -> LocalDay:
    # A subquery, not a join: PostgreSQL would join every row before the wide bounds have left few.
    zone = Subquery(Practice.objects.filter(pk=OuterRef("practice")).values("time_zone"))
    return LocalDay(zone, F("starts_at"))
