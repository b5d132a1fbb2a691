"""`manage.py reset_second_factor USERNAME`: let the last admin in again, for whom no other admin can do it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from core.actor import Actor
from core.commands import ClinicCommand
from directory.models import User
from directory.services import reset_second_factor


class Command(ClinicCommand):
    """Removes a user's second factors and ends their sessions."""

    help = "Take a user's authenticator app, passkeys and recovery codes away, and end their sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["username"]
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no user {name}.")
        reset_second_factor(user.pk, by=Actor.system("reset_second_factor"), at=timezone.now())
        self.stdout.write(f"{name} signs in with the password alone until they set up another second factor.")
