"""The scopes that exist, in the form that the OAuth2 library asks for."""

from __future__ import annotations

from typing import Any

from oauth2_provider.scopes import BaseScopes

from directory.services import program_scopes


class Scopes(BaseScopes):
    """An application may have those it is narrowed to, and gets all of them where it names none."""

    def get_all_scopes(self) -> dict[str, Any]:
        """Every scope and what it lets a program do."""
        return program_scopes()

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Those that the application may ask for."""
        return list(application.scopes or program_scopes())

    def get_default_scopes(self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        """Those that it gets where it asks for none by name."""
        return self.get_available_scopes(application)
