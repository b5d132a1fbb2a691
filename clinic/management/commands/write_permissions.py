"""`manage.py write_permissions`: write docs/permissions.md from the permission tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from core.commands import ClinicCommand
from core.permissions import ROLES, all_rules

PAGE = Path(settings.BASE_DIR) / "docs" / "permissions.md"


def page() -> str:
    """Return the page: every permission, its scope, and who has it."""
    lines = [
        "# Who may do what",
        "",
        "Written by `manage.py write_permissions` from each app's `permissions.py`; a test compares the two.",
        "A superuser and the system's commands may do everything. A key narrows its owner to a practice and to scopes.",
        "Every row is also limited by what the actor may see: their practices, their patients, themselves.",
        "",
        "| Permission | Scope | " + " | ".join(role.replace("_", " ") for role in ROLES) + " |",
        "|---|---|" + "---|" * len(ROLES),
    ]
    for verb, rule in sorted(all_rules().items()):
        marks = " | ".join("yes" if role in rule.roles else "" for role in ROLES)
        lines.append(f"| `{verb}` | `{rule.scope}` | {marks} |")
    return "\n".join(lines) + "\n"


class Command(ClinicCommand):
    """Writes the page of permissions."""

    help = "Write docs/permissions.md from the permission tables."

    def handle(self, *args: Any, **options: Any) -> None:
        PAGE.write_text(page(), encoding="utf-8")
        self.stdout.write(f"{PAGE.relative_to(settings.BASE_DIR)} written")
