"""How much a run tries: quick counts for every change, full counts at night (`CLINIC_FULL=1`)."""

import os
from functools import cache
from pathlib import Path

import pytest

FULL = os.environ.get("CLINIC_FULL", "") not in ("", "0")


def scaled(quick: int, full: int) -> int:
    """The count for this run: rounds of a race, rows of an import."""
    return full if FULL else quick


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
    return "counts: full" if FULL else "counts: quick (CLINIC_FULL=1 for all, slow tests included)"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the slow tests to the night."""
    if FULL:
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]
