"""The benchmarks' modules and the page that a run of them writes; what they measure is for a quiet machine."""

import importlib
import inspect
import pkgutil

import pytest

import bench
from bench.__main__ import BESIDE
from bench.figures import FILE, Figure, noted, tell
from bench.report import BY_FIGURE, BY_SIZE, Report, Table, by_figure, by_size, verdict
from bench.sides import AGAIN, Sides

QUICK = {"ms": 20.0, "sql_ms": 2.0, "slowest_ms": 1.0, "queries": 5, "status": 200, "rows": 20}


class Clinic:
    """A worker whose answers take so long, one after the other, and the last of them from then on."""

    def __init__(self, *ms):
        self.ms, self.asked = list(ms), 0

    def ask(self, **wanted):
        self.asked += 1
        return {**QUICK, "ms": self.ms.pop(0) if len(self.ms) > 1 else self.ms[0]}


def test_every_benchmark_can_be_imported():
    for found in pkgutil.iter_modules(bench.__path__, "bench."):
        importlib.import_module(found.name)


@pytest.mark.parametrize(("module", "counts", "_in_the_large"), BESIDE)
def test_the_run_asks_each_benchmark_for_counts_that_it_has(module, counts, _in_the_large):
    found = importlib.import_module(module)
    assert callable(found.measure)
    source = inspect.getsource(found)
    assert all(f"options.{name}" in source for name in counts)
    assert "tell(Figure(" in source or "tell(compared)" in source


@pytest.mark.parametrize(
    ("large", "why"),
    [
        ({"ms": 29.9}, ""),
        ({"ms": 30.1}, "over 1.5"),
        ({"ms": 34.9, "sql_ms": 7.0}, ""),
        ({"ms": 35.1, "sql_ms": 7.0}, "over 1.5"),
        ({"slowest_ms": 200.1}, "a statement over 200 ms"),
        ({"queries": 8}, "8 statements, not 5"),
        ({"status": 500}, "answers 200 and 500"),
        ({"error": "no answer within 60 s"}, "no answer within 60 s"),
    ],
)
def test_a_goal_is_missed_by_time_statements_and_answers(large, why):
    assert verdict(QUICK, {**QUICK, **large}) == why


def test_what_misses_at_first_is_asked_again_on_both_sides_until_it_meets_its_goal():
    small, large = Clinic(20.0), Clinic(20.0, 50.0, 50.0, 50.0, 22.0)
    assert verdict(*Sides(small, large, 2).measure()) == ""
    assert small.asked == large.asked == 5


def test_what_is_slow_in_every_round_is_told_as_missed():
    small, large = Clinic(20.0), Clinic(31.0)
    assert verdict(*Sides(small, large, 2).measure()) == "over 1.5"
    assert small.asked == large.asked == 3 + AGAIN * 2


def test_what_no_other_work_explains_is_not_asked_again():
    small, large = Clinic(20.0), Clinic(310.0)
    assert verdict(*Sides(small, large, 2).measure()) == "over 1.5"
    assert small.asked == large.asked == 3


@pytest.mark.parametrize(("ms", "asked"), [(21.0, 2), (25.0, 3)])
def test_what_is_far_from_its_goal_is_asked_less_than_what_is_near(ms, asked):
    small, large = Clinic(20.0), Clinic(ms)
    Sides(small, large, 2).measure()
    assert small.asked == large.asked == asked


def test_a_figure_is_noted_with_what_it_misses(tmp_path, monkeypatch):
    file = tmp_path / "figures"
    monkeypatch.setenv(FILE, str(file))
    assert tell(Figure("booking", 2.0, "ms", 0.9, "a bare view", 0.45, least=0.5)) == 1
    assert tell(Figure("batch", 90.0, "ms", 60.0, "a unique key", 1.5, most=2.0)) == 0
    assert tell(Figure("start", 1.2, "s", most=1.0)) == 1
    assert tell(Figure("memory", 120.0, "MB")) == 0
    assert [by_figure(one) for one in noted(file)] == [
        ("booking", "2 ms", "0.90 ms", "a bare view", "0.45", "at least 0.5", "under 0.5"),
        ("batch", "90 ms", "60 ms", "a unique key", "1.50", "at most 2", ""),
        ("start", "1.20 s", "", "", "", "at most 1", "over 1"),
        ("memory", "120 MB", "", "", "", "", ""),
    ]


def test_the_page_has_a_summary_of_all_tables_on_top(tmp_path):
    report = Report(tmp_path / "RESULTS.md", ["# Results", ""])
    report.begin("sqlite", "Filled.")
    pages = Table("Pages", BY_SIZE, skipped=["the last page"])
    slow = {**QUICK, "ms": 40.0}
    pages.rows = [
        by_size("list", QUICK, QUICK, ""),
        by_size("slow list", QUICK, slow, verdict(QUICK, slow)),
        by_size("a longer list", {**QUICK, "rows": 8}, QUICK, ""),
        by_size("an excepted list", QUICK, slow, f"excepted: {verdict(QUICK, slow)}"),
    ]
    report.add(pages)
    beside = Table("Beside", BY_FIGURE, rows=[by_figure(Figure("booking", 2.0, "ms", 1.2, "bare", 0.6, least=0.5))])
    beside.failed("bench.traces", "KeyError: 'x'")
    report.add(beside)
    text = (tmp_path / "RESULTS.md").read_text()
    top = text[: text.index("## sqlite")]
    assert "| sqlite | Pages | 4 | 1 | 1 | 1 | 1 |" in top
    assert "| sqlite | Beside | 2 | 1 | 0 | 0 | 0 |" in top
    assert "| all |  | 6 | 2 | 1 | 1 | 1 |" in top
    assert "| slow list | 20.0 | 40.0 | 2.0 | 2.0 | 2.0 | 1.0 | 5 | 20 | over 1.5 |" in text
    assert "| a longer list | 20.0 | 20.0 | 1.0 | 2.0 | 2.0 | 1.0 | 5 | 8 and 20 |  |" in text
    assert "Not the same number of rows in both clinics: a longer list." in text
    assert "No time was left for 1: the last page." in text
    assert "| bench.traces | - | - | - | - | - | KeyError: 'x' |" in text
