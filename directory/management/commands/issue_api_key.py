"""`manage.py issue_api_key USERNAME [--practice ID] [--label TEXT] [--scope S ...]`: print a new key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from core.actor import Actor
from core.commands import ClinicCommand
from core.errors import DomainError
from core.permissions import all_scopes
from directory.models import User
from directory.services import issue_api_key


class Command(ClinicCommand):
    """Issues an API key. Standard output is the key and nothing else, so that a script can read it."""

    help = "Issue an API key for a user and print it, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--practice", type=int, metavar="ID", help="narrow it to this practice")
        parser.add_argument("--label", default="", metavar="TEXT", help="what it is for")
        parser.add_argument(
            "--scope",
            dest="scopes",
            action="extend",
            nargs="+",
            default=[],
            metavar="S",
            help=f"narrow it to these: {', '.join(all_scopes())}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            owner = User.objects.get_by_natural_key(options["username"])
        except User.DoesNotExist:
            raise CommandError(f"There is no user {options['username']}.") from None
        try:
            _key, text = issue_api_key(
                user_id=owner.pk,
                practice_id=options["practice"],
                label=options["label"],
                scopes=options["scopes"],
                by=Actor.system("issue_api_key"),
                at=timezone.now(),
            )
        except DomainError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(text)
