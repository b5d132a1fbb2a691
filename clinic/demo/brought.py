"""What the demo clinic brought along from the program that it had before: imported, as a clinic that moves does it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from core.actor import Actor
from core.imports import CsvFile, Request, all_kinds, run_import
from directory.models import Organization

SOURCE = "old-program"


def bring(
    kind: str, header: Sequence[str], rows: Iterable[Sequence[str]], *, to: Organization, by: Actor, at: datetime
) -> None:
    """Import rows; whatever does not fit, such as a visit at a time that is taken, is left out."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["external_id", *header])
    writer.writerows(rows)
    table = CsvFile(io.BytesIO(text.getvalue().encode()), name=f"{kind}.csv")
    request = Request(organization_id=to.pk, source=SOURCE)
    run_import(all_kinds()[kind], table, request=request, by=by, clock=lambda: at)
