"""Filters of lists in the order of time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.base.filters import Filters
from core.prepared import Hole


class OfMonths(Filters):
    """Of what changed since, the months before the first one of which anything did are left out."""

    @classmethod
    def narrow(cls, queryset: Any, parameters: Mapping[str, Any], *, at: datetime) -> Any:
        """As every filter."""
        found = super().narrow(queryset, parameters, at=at)
        since = parameters.get("updated_since")
        if since is None:
            return found
        moment = since if isinstance(since, Hole) else cls.base_filters["updated_since"].field.clean(since)
        return found.from_first_month_changed(moment)
