"""The verbs of programs: plans, enrollments, and the steps that scheduling takes on the ledger."""

from programs.services.enrollments import (
    adjust_sessions,
    end_enrollment,
    enroll_patient,
    expire_programs,
    extend_program,
    record_enrollment,
)
from programs.services.plans import (
    PlanValues,
    archive_plan,
    bundle_product,
    change_bundle,
    change_plan,
    create_plan,
    delete_plan,
    restore_plan,
    unbundle_product,
)
from programs.services.sessions import (
    bookable_sessions,
    consume_session,
    forfeit_session,
    hold_session,
    release_session,
    restore_session,
    session_numbers,
)

__all__ = [
    "PlanValues",
    "adjust_sessions",
    "archive_plan",
    "bookable_sessions",
    "bundle_product",
    "change_bundle",
    "change_plan",
    "consume_session",
    "create_plan",
    "delete_plan",
    "end_enrollment",
    "enroll_patient",
    "expire_programs",
    "extend_program",
    "forfeit_session",
    "hold_session",
    "record_enrollment",
    "release_session",
    "restore_plan",
    "restore_session",
    "session_numbers",
    "unbundle_product",
]
