"""Write the OpenAPI document of each contract to docs/schema/, where the tests compare it with what is served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from api.contracts import CONTRACTS
from api.snapshots import path_of, snapshot
from core.commands import ClinicCommand


class Command(ClinicCommand):
    """`manage.py write_schemas`; `make schema` calls it."""

    help = "Write the OpenAPI document of each contract to docs/schema/."

    def handle(self, *args: Any, **options: Any) -> None:
        for contract in CONTRACTS:
            path = path_of(contract, Path(settings.BASE_DIR))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(snapshot(contract))
            self.stdout.write(f"{path.relative_to(settings.BASE_DIR)}")
