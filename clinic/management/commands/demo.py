"""`manage.py demo`: a fictitious clinic, created through the same verbs as a real one."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from clinic.demo import make_demo
from core.commands import ClinicCommand


class Command(ClinicCommand):
    """Creates the demo clinic once; running it again changes nothing."""

    help = "Make a fictitious demo clinic. Refuses where DEBUG is off, unless told --force."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="even where DEBUG is off")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG and not options["force"]:
            raise CommandError("DEBUG is off: a demo clinic with known passwords has no place here (--force).")
        made = make_demo(at=timezone.now())
        self.stdout.write("The demo clinic is ready." if made else "The demo clinic is there already.")
        self.stdout.write("Sign in as admin, manager, frontdesk or specialist with the password demo.")
