"""The import engine. An app's `imports.py` has `IMPORTS`, a list of ImportKind; `manage.py import_data` runs them."""

from core.imports.batches import Batch, Match, Outcome, Scope
from core.imports.columns import Column, day, list_of_ids, one_of, start_of_day, text_up_to, valid_for, yes_or_no
from core.imports.csv_file import CsvFile, Record
from core.imports.engine import Report, run_import
from core.imports.kinds import Choice, ImportKind, Request, all_kinds
from core.imports.layouts import From, Layout
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
    "Refusal",
    "Remark",
    "Report",
    "Request",
    "Row",
    "Scope",
    "all_kinds",
    "day",
    "list_of_ids",
    "one_of",
    "run_import",
    "start_of_day",
    "text_up_to",
    "valid_for",
    "yes_or_no",
]
