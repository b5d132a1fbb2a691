"""The import engine. An app's `imports.py` has `IMPORTS`, a list of ImportKind; `manage.py import_data` runs them."""

from core.imports.batches import Batch, Match, Outcome, Scope
from core.imports.columns import (
    Column,
    Refers,
    address,
    amount,
    clock_time,
    day,
    flag,
    list_of_ids,
    minutes,
    moment,
    moment_or_day,
    moment_or_last_day,
    one_of,
    reference,
    start_of_day,
    text_up_to,
    valid_for,
    whole,
    yes_or_no,
)
from core.imports.csv_file import CsvFile, Record
from core.imports.engine import Report, run_import
from core.imports.kinds import Choice, ImportKind, Request, all_kinds
from core.imports.layouts import From, Layout
from core.imports.one_by_one import one_by_one, picked
from core.imports.references import key_of
from core.imports.rows import Refusal, Remark, Row

__all__ = [
    "Batch",
    "Choice",
    "Column",
    "CsvFile",
    "From",
    "ImportKind",
    "Layout",
    "Match",
    "Outcome",
    "Record",
    "Refers",
    "Refusal",
    "Remark",
    "Report",
    "Request",
    "Row",
    "Scope",
    "address",
    "all_kinds",
    "amount",
    "clock_time",
    "day",
    "flag",
    "key_of",
    "list_of_ids",
    "minutes",
    "moment",
    "moment_or_day",
    "moment_or_last_day",
    "one_by_one",
    "one_of",
    "picked",
    "reference",
    "run_import",
    "start_of_day",
    "text_up_to",
    "valid_for",
    "whole",
    "yes_or_no",
]
