"""`manage.py write_import_kinds`: write docs/import-kinds.md from the declared import kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import override

from core.commands import ClinicCommand
from core.imports import From, ImportKind, Layout, all_kinds

PAGE = Path(settings.BASE_DIR) / "docs" / "import-kinds.md"


def page() -> str:
    """Return the page: every kind in the order of import, its columns, and the layouts of other systems."""
    lines = [
        "# What can be imported and exported",
        "",
        "Written by `manage.py write_import_kinds` from each app's `imports`; a test compares the two. How to import",
        "is in [importing.md](importing.md). The kinds stand in the order in which they are imported: what a row names",
        "comes first. Every kind also has `external_id` (required). Headers may be in any case.",
    ]
    with override("en"):
        for kind in all_kinds().values():
            lines += ["", *section(kind)]
    return "\n".join(lines) + "\n"


def section(kind: ImportKind) -> list[str]:
    """Return the section of one kind."""
    lines = [
        f"## {kind.name.capitalize()}",
        "",
        f"`{kind.name}`: {_lower(str(kind.help))}",
        "",
        "| Column | |",
        "|---|---|",
    ]
    for column in kind.columns:
        required = " (required)" if column.required else ""
        only_read = "" if column.exported else "; only read"
        lines.append(f"| `{column.name}`{required} | {_lower(str(column.help)).rstrip('.')}{only_read} |")
    if kind.undo is None:
        lines += ["", "What an import made of this kind cannot be undone."]
    for layout in kind.layouts.values():
        lines += ["", _layout(layout)]
    return lines


def _layout(layout: Layout) -> str:
    file = f"`{layout.help}`" if str(layout.help).endswith(".csv") else str(layout.help)
    fills = "; ".join(f"`{name}` from {_headers(source)}" for name, source in layout.columns.items())
    text = f"`--layout {layout.name}` reads {file}: {fills}."
    if layout.defaults:
        text += " New rows have {}.".format(", ".join(f"`{name}` `{value}`" for name, value in layout.defaults.items()))
    if layout.repeats:
        text += " Of rows with the same id, the first counts."
    if layout.unread:
        text += " Known and not kept: {}.".format(", ".join(f"`{name}`" for name in sorted(layout.unread)))
    return text


def _headers(source: From) -> str:
    return (" and " if source.join is not None else ", else ").join(f"`{name}`" for name in source.headers)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


class Command(ClinicCommand):
    """Writes the page of kinds."""

    help = "Write docs/import-kinds.md from what the kinds of imports declare."

    def handle(self, *args: Any, **options: Any) -> None:
        PAGE.write_text(page(), encoding="utf-8")
        self.stdout.write(f"{PAGE.relative_to(settings.BASE_DIR)} written")
