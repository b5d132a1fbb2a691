"""The base of the management commands."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class ClinicCommand(BaseCommand):
    """A command that starts without Django's check of the whole project.

    Django would first check the whole project, and import every page and every contract for that: more than half of
    the two seconds that a nightly command took. `migrate`, with which each new version begins, checks it.
    """

    requires_system_checks = []

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        """Django's parser, and `--skip-checks` with it, so that scripts which pass it go on working."""
        parser = super().create_parser(prog_name, subcommand, **options)
        parser.add_argument("--skip-checks", action="store_true", help=argparse.SUPPRESS)
        return parser
