"""The verbs of patient records, by topic, and who the actor of a request is."""

from patients.services.access import grant_access, revoke_access
from patients.services.actors import actor_for
from patients.services.alerts import end_alert, raise_alert
from patients.services.cases import archive_case, change_case, open_case
from patients.services.custom_fields import (
    CustomFieldValues,
    archive_custom_field,
    change_custom_field,
    define_custom_field,
    delete_custom_field,
    restore_custom_field,
    set_custom_value,
    set_custom_values,
    technical_name_of,
    write_custom_values,
)
from patients.services.documents import (
    DocumentValues,
    add_document,
    archive_document,
    change_document,
    open_document,
    restore_document,
)
from patients.services.merging import (
    Difference,
    compare_records,
    move_rows,
    pair_to_merge,
    refuse_to_merge,
    shown,
    take_over_record,
)
from patients.services.records import (
    PatientValues,
    PhoneValues,
    add_phone,
    archive_patient,
    change_patient,
    change_phone,
    create_patient,
    delete_patient,
    record_merge,
    restore_patient,
)
from patients.services.similar import similar_patients

__all__ = [
    "CustomFieldValues",
    "Difference",
    "DocumentValues",
    "PatientValues",
    "PhoneValues",
    "actor_for",
    "add_document",
    "add_phone",
    "archive_case",
    "archive_custom_field",
    "archive_document",
    "archive_patient",
    "change_case",
    "change_custom_field",
    "change_document",
    "change_patient",
    "change_phone",
    "compare_records",
    "create_patient",
    "define_custom_field",
    "delete_custom_field",
    "delete_patient",
    "end_alert",
    "grant_access",
    "move_rows",
    "open_case",
    "open_document",
    "pair_to_merge",
    "raise_alert",
    "record_merge",
    "refuse_to_merge",
    "restore_custom_field",
    "restore_document",
    "restore_patient",
    "revoke_access",
    "set_custom_value",
    "set_custom_values",
    "shown",
    "similar_patients",
    "take_over_record",
    "technical_name_of",
    "write_custom_values",
]
