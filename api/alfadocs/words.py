"""The vendor's names for our states and refusals. Outwards each table is total, inwards it has its own."""

from __future__ import annotations

from api.base.words import words_for
from patients.states import Gender
from scheduling.states import AppointmentStatus, AppointmentType

# One that is requested shows once it has a time; its patient waits for nobody's word at the vendor's.
STATE_WORDS = words_for(
    AppointmentStatus,
    {
        AppointmentStatus.REQUESTED: "confirmed",
        AppointmentStatus.CONFIRMED: "confirmed",
        AppointmentStatus.ARRIVED: "waiting",
        AppointmentStatus.IN_CARE: "in_care",
        AppointmentStatus.DONE: "done",
        AppointmentStatus.NO_SHOW: "absent",
        AppointmentStatus.CANCELLED: "cancelled",
        AppointmentStatus.REJECTED: "cancelled",
    },
)
STATES = {
    "absent": AppointmentStatus.NO_SHOW,
    "waiting": AppointmentStatus.ARRIVED,
    "in_care": AppointmentStatus.IN_CARE,
    "done": AppointmentStatus.DONE,
    "cancelled": AppointmentStatus.CANCELLED,
    "confirmed": AppointmentStatus.CONFIRMED,
}

TYPE_WORDS = words_for(
    AppointmentType,
    {AppointmentType.IN_PRACTICE: "inPractice", AppointmentType.TELEHEALTH: "telehealth"},
)
TYPES = {"inPractice": AppointmentType.IN_PRACTICE, "telehealth": AppointmentType.TELEHEALTH}

# The vendor knows two; what is neither is not told.
GENDER_WORDS: dict[str, str | None] = {Gender.MALE: "m", Gender.FEMALE: "f", Gender.OTHER: None, "": None}
GENDERS = {"m": Gender.MALE, "f": Gender.FEMALE}

# The field of a request's body that named nothing, by the code of the refusal.
UNKNOWN = {
    "patient_not_found": "patientId",
    "specialist_not_found": "operatorId",
    "room_not_found": "chairId",
    "bill_not_found": "billId",
}

# Under what a refusal names the clinic's own fields.
OWN_FIELDS = "custom_values"

AUTHENTICATION_REQUIRED = "Authentication required"
