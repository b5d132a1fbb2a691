"""The REST API: the contracts and what they share."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The app of the contracts; its one table stores first replies for `Idempotency-Key`."""

    name = "api"

    def ready(self) -> None:
        from api.base import converters

        converters.register()
