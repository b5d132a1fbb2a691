"""A user's rights, read together with the key or token that signs them in, in one statement."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import BigIntegerField, F, Func, JSONField, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONArray

from core.prepared import Prepared, hole
from directory.models import Membership, Specialist, User


class Rights:
    """The memberships of one user and their access to patients, as read by the statement that signed them in.

    `memberships`: practice, its organization, role, and the user as a specialist of that organization. `access`:
    patient, relation, and the patient's organization.
    """

    def __init__(self, memberships: list[list[Any]] | None, access: list[list[Any]] | None) -> None:
        self.memberships = memberships or []
        self.access = access or []


class _JSONList(Func):
    """The rows of a query as one JSON list; null or an empty list if there are none."""

    function = "JSONB_AGG"
    output_field = JSONField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """The SQL with SQLite's name for the function."""
        return self.as_sql(compiler, connection, function="JSON_GROUP_ARRAY", **more)


def rights_beside(user: Any) -> dict[str, Subquery]:
    """The annotations from which `rights_read` builds the Rights of `user`, a column or an expression of the query."""
    same = Specialist.objects.live().filter(
        user_id=OuterRef("user_id"), organization_id=OuterRef("practice__organization_id")
    )
    memberships = Membership.objects.filter(user_id=user).annotate(specialist=Subquery(same.values("pk")[:1]))
    access = apps.get_model("patients.patientaccess")._base_manager.filter(user_id=user)
    return {
        "memberships_held": _listed(memberships, "practice_id", "practice__organization_id", "role", "specialist"),
        "access_held": _listed(access, "patient_id", "relation", "patient__organization_id"),
    }


def _listed(rows: QuerySet[Any, Any], *columns: str) -> Subquery:
    return Subquery(rows.values(held=_JSONList(JSONArray(*map(F, columns)))), output_field=JSONField())


def rights_read(row: Any) -> Rights | None:
    """Return the Rights read with `row`; None if they were not read."""
    if not hasattr(row, "memberships_held"):
        return None
    return Rights(row.memberships_held, row.access_held)


def _rights() -> Any:
    beside = rights_beside(OuterRef("pk"))
    return User.objects.filter(pk=hole("user_id", BigIntegerField())).annotate(**beside).values_list(*beside)


_rights_of = Prepared(_rights)


def rights_of(user_id: int) -> Rights:
    """Return the Rights of a user, in one statement."""
    ((memberships, access),) = _rights_of(user_id=user_id) or [(None, None)]
    return Rights(memberships, access)
