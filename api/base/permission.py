"""The permission check of routes, in a module of its own because the framework imports it while loading."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from api.base.auth import MissingScope
from api.base.operations import ANY_SCOPE, PUBLIC
from core.permissions import rule_for
from directory.models import AccessToken


class MayUseRoute(BasePermission):
    """Whether the actor could ever use this method of this route; the verb then asks about the very row.

    Without a credential where one is needed: 401. With one that no role or scope lets in: 403.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """True, False, or MethodNotAllowed for a method that the route does not have."""
        method = (request.method or "").lower()
        if method not in view.http_method_names or not hasattr(view, method):
            raise MethodNotAllowed(request.method or "")
        permission = view.operation.permission
        if permission == PUBLIC:
            return True
        wanted = view.operation.scope
        if isinstance(request.auth, AccessToken) and wanted != ANY_SCOPE and wanted not in request.auth.granted:
            raise MissingScope(wanted)
        if view.actor.scopes is not None and (scope := rule_for(permission).scope) not in view.actor.scopes:
            raise MissingScope(scope)
        return bool(view.actor.may(permission))
