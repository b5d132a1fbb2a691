"""The vendor's names for our columns, statuses and reasons. Outwards each table is total, inwards it has its own."""

from __future__ import annotations

from api.base.words import words_for
from directory.states import Role
from patients.states import Gender, PhoneType
from scheduling.states import AppointmentStatus, CancellationReason, RepeatType

# What stands in the way of a request, by the code of the refusal; "base" is the request as a whole.
CLASHES = {
    "overlap": "starts_at",
    "past": "starts_at",
    "repeats_already": "repeat_rule",
    "slot_taken": "starts_at",
}

# What the live service says of a refusal, by its code.
MESSAGES = {"case_archived": "Case has been archived."}

# The id in a request's body that named nothing, by the code of the refusal, and what is said of it.
UNKNOWN = {
    "practice_not_found": ("business_id", "must exist"),
    "specialist_not_found": ("practitioner_id", "must exist"),
    "patient_not_found": ("patient_id", "must exist"),
    "patientcase_not_found": ("patient_case_id", "must exist"),
    # As the live service says it.
    "service_not_found": ("max_attendees", "is not a number"),
}

# The reason with which a visit through this door overbooks, or lies on a closed day.
REASON = "cliniko"

NOT_FOUND = "The requested resource could not be found"
DENIED = "HTTP Basic: Access denied.\n"
INVALID = "Validation Failed"
BLANK = "can't be blank"

REASON_WORDS: dict[int, str] = {
    CancellationReason.FEELING_BETTER: "Feeling Better",
    CancellationReason.CONDITION_WORSE: "Condition Worse",
    CancellationReason.SICK: "Sick",
    CancellationReason.COVID: "COVID-19 related",
    CancellationReason.AWAY: "Away",
    CancellationReason.OTHER: "Other",
    CancellationReason.WORK: "Work",
}

REPEAT_WORDS = words_for(
    RepeatType,
    {
        RepeatType.DAILY: "Daily",
        RepeatType.WEEKLY: "Weekly",
        RepeatType.MONTHLY: "Monthly",
    },
)
REPEATS = {"Daily": RepeatType.DAILY, "Weekly": RepeatType.WEEKLY, "Monthly": RepeatType.MONTHLY}

# Visits that never took place or were turned down are cancelled ones to the vendor's clients.
CANCELLED = (AppointmentStatus.CANCELLED, AppointmentStatus.REJECTED)
ARRIVED = (AppointmentStatus.ARRIVED, AppointmentStatus.IN_CARE, AppointmentStatus.DONE)

PHONE_WORDS = words_for(
    PhoneType,
    {
        PhoneType.FAX: "Fax",
        PhoneType.HOME: "Home",
        PhoneType.MOBILE: "Mobile",
        PhoneType.OTHER: "Other",
        PhoneType.WORK: "Work",
    },
)
PHONE_TYPES = {
    "Fax": PhoneType.FAX,
    "Home": PhoneType.HOME,
    "Mobile": PhoneType.MOBILE,
    "Other": PhoneType.OTHER,
    "Work": PhoneType.WORK,
}

GENDER_WORDS: dict[str, str | None] = {
    "": None,
    Gender.MALE: "Male",
    Gender.FEMALE: "Female",
    Gender.OTHER: "Other",
}
GENDERS = {"male": Gender.MALE, "m": Gender.MALE, "female": Gender.FEMALE, "f": Gender.FEMALE, "other": Gender.OTHER}

# How an invoice stands.
OPEN, PAID, CLOSED, OPEN_CREDIT = 10, 20, 30, 40
INVOICE_WORDS = {OPEN: "Open", PAID: "Paid", CLOSED: "Closed", OPEN_CREDIT: "Open credit"}

# Which reminders a patient wants: by SMS, by e-mail.
REMINDER_WORDS = {
    (False, False): "None",
    (True, False): "SMS",
    (False, True): "Email",
    (True, True): "SMS & Email",
}
REMINDERS = {
    "None": (False, False),
    "SMS": (True, False),
    "Email": (False, True),
    "SMS & Email": (True, True),
}

ROLE_WORDS = words_for(
    Role,
    {
        Role.CLINIC_ADMIN: "administrator",
        Role.FRONT_DESK: "receptionist",
        Role.SPECIALIST: "practitioner",
    },
)
