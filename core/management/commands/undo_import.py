"""`manage.py undo_import [JOB]`: undo an import while nothing depends on it; without a job, list the last ones."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actor import Actor
from core.commands import ClinicCommand
from core.db import long_running
from core.errors import DomainError
from core.imports.undo import undo_import
from core.models import ImportJob

SHOWN = 20


class Command(ClinicCommand):
    """Undoes an import."""

    help = "Take an import back: what it made goes, what it changed is as before; all or none. Without JOB: the last."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", metavar="JOB", type=int, nargs="?", help="its number")
        parser.add_argument("--dry-run", action="store_true", help="do it, report it, and roll it back")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["job"] is None:
            for job in ImportJob.objects.order_by("-pk")[:SHOWN]:
                done = f"{job.created} {_('created')}"
                if job.changed:
                    done += f", {job.changed} {_('changed')}"
                undone = _("undone") if job.undone_at else ""
                self.stdout.write(f"{job.pk}  {job.started_at:%Y-%m-%d %H:%M}  {job}  {done} {undone}".rstrip())
            return
        try:
            with long_running(), transaction.atomic():
                taken_back = undo_import(options["job"], by=Actor.system("undo_import"), at=timezone.now())
                transaction.set_rollback(options["dry_run"])
        except DomainError as error:
            raise CommandError(str(error)) from None
        says = {"deleted": taken_back.deleted, "restored": taken_back.restored}
        self.stdout.write(_("%(deleted)s rows deleted or archived, %(restored)s changed back") % says)
        if options["dry_run"]:
            self.stdout.write(_("This was a dry run: nothing of it was kept."))
