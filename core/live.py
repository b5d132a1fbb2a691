"""The check that archived rows take no new work."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from core.errors import Conflict


def require_live(*rows: Any) -> None:
    """Raise Conflict, code `archived`, for the first archived row; None is skipped."""
    for row in rows:
        if row is not None and row.archived_at is not None:
            raise Conflict(_("%(thing)s has been archived.") % {"thing": row}, code="archived")
