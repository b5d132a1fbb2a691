"""How much a run tries: quick counts for every change, full counts at night (`CLINIC_FULL=1`)."""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FULL = os.environ.get("CLINIC_FULL", "") not in ("", "0")
ENGINES = 2
ENGINE = int(os.environ.get("CLINIC_TEST_ENGINE") == "postgresql")


def scaled(quick: Any, full: Any) -> Any:
    """The count or the cases for this run: rounds of a race, rows of an import, looks of a page."""
    return full if FULL else quick


def by_day(values: Sequence[Any], number: int, *, share: int) -> Sequence[Any]:
    """Half of one of `share` equal parts of `values`, another for each number; at night all of them.

    For walks that try every value at every field: what a value does to one kind of field shows at some field of it.
    One engine tries one half of the part, the other engine the other half.
    """
    return values if FULL else values[number % share + share * ENGINE :: share * ENGINES]


def pytest_collect_file(file_path: Path) -> None:
    """Load hypothesis with its counts before the first test file that uses it, and not for a run without one."""
    if file_path.suffix == ".py" and "hypothesis" in file_path.read_text():
        count_examples()


@cache
def count_examples() -> None:
    """Say how many examples a property tries.

    A first call pays for imports and connections, so no example has a time limit. The quick run repeats the same
    examples each time: a red one is red for everybody; the nightly one looks for new ones.
    """
    from hypothesis import HealthCheck, settings

    unfair = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    settings.register_profile(
        "counted",
        max_examples=1000 if FULL else 25,
        deadline=None,
        derandomize=not FULL,
        suppress_health_check=unfair,
    )
    settings.load_profile("counted")


def pytest_report_header() -> str:
    """Say which counts this run uses."""
    return "counts: full" if FULL else "counts: quick (CLINIC_FULL=1 for all, on both engines, slow tests included)"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to the night what is slow, and what the second engine would only repeat."""
    if FULL:
        return
    left_out = ["slow"]
    if os.environ.get("CLINIC_TEST_ENGINE") == "postgresql":
        left_out.append("engine_independent")
    later = [item for item in items if any(item.get_closest_marker(name) for name in left_out)]
    if later:
        config.hook.pytest_deselected(items=later)
        kept = set(items) - set(later)
        items[:] = [item for item in items if item in kept]
