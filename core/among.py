"""`practice_id__among=[1, 2]`: as `in`, of what so many rows have in common that an index of it finds too many.

For what somebody may see: the rows of the practices, or the patients of the organizations, where they work. SQLite,
which has no statistics, takes such a condition for one that leaves few rows: it would read all of several practices,
or of all patients of an organization, and sort them for a page. A unary plus keeps it from that index. It then walks
along the order of the list, or looks up whatever else is asked for, and asks this of each row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Field, ForeignKey
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.lookups import In

if TYPE_CHECKING:
    BaseField = Field[Any, Any]
    BaseForeignKey = ForeignKey[Any, Any]
else:
    BaseField, BaseForeignKey = Field, ForeignKey


@BaseField.register_lookup
class Among(In):
    """Of a plain column."""

    lookup_name = "among"

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        """With the plus, but for one value of the table itself: the index that begins with it has the order, too."""
        sql, params = self.as_sql(compiler, connection)
        is_own = self.lhs.alias == compiler.query.get_initial_alias()
        return (sql, params) if is_own and len(params) == 1 else (f"+{sql}", params)


@BaseForeignKey.register_lookup
class RelatedAmong(Among, RelatedIn):
    """Of a foreign key."""
