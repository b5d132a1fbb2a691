"""What an access token may be given for, in the vendor's words, and what each lets a program do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import Text

# The vendor's own list. Scopes mirror paths: `care-plan:signature-status:view` opens
# /care-plans/{id}/signature-status.
_OF_THE_VENDOR: dict[str, Text] = {
    "patient:view": _("See a patient's record"),
    "patient:list": _("Search for patients"),
    "patient:create": _("Add patients and change their records"),
    "patient:phone-number:view": _("See a patient's phone number"),
    "patient:phone-number:list": _("See a patient's phone numbers"),
    "patient:phone-number:create": _("Add and change patients' phone numbers"),
    "appointment:view": _("See an appointment"),
    "appointment:list": _("See the calendar"),
    "appointment:create": _("Book and change appointments"),
    "appointment:booking-reasons:list": _("See what can be booked"),
    "appointment:care-plan-entry:list": _("See the care of an appointment"),
    "bill:view": _("See a bill"),
    "bill:list": _("See bills"),
    "bill-row:list": _("See the lines of bills"),
    "bill-liability:list": _("See what is owed on a bill, and when"),
    "account:list": _("See the accounts that money goes to"),
    "payment-type:list": _("See the ways to pay"),
    "care-plan:view": _("See a care plan"),
    "care-plan:list": _("See a patient's care plans"),
    "care-plan:signature-status:view": _("See whether a care plan is signed"),
    "care-plan:care-plan-entry:view": _("See an entry of a care plan"),
    "care-plan-entry:list": _("See the entries of care plans"),
    "care:view": _("See what care is offered"),
    "custom-field:list": _("See the clinic's own fields"),
    "custom-field:create": _("Add fields to the clinic's records"),
    "operator:list": _("See who works here"),
    "operator:view": _("See one of those who work here"),
    "free-slot:list": _("See free times"),
    "chair:list": _("See rooms"),
    "color:list": _("See the colors of appointments"),
    "specialty:list": _("See specialties"),
    "care-category:list": _("See the categories of care"),
    "app:integration:setStatus": _("Say whether its integration works"),
    "app:ui-element:update": _("Change what it shows in the clinic's pages"),
    "archive:view": _("See which practice this is"),
}

# Scopes that the vendor's programs ask for too, and that open nothing here.
_OPEN_NOTHING = (
    "subscription:view-marketplace-app",
    "webhook:appointment",
    "webhook:patient",
    "webhook:care-plan",
    "webhook:care-plan-entry",
    "webhook:bill-liability",
    "webhook:payment-request",
    "note:create",
    "note:update",
    "callback:payment",
)

# Where the vendor's list has no scope for what its document describes: named by the same pattern.
_BY_PATTERN: dict[str, Text] = {
    "patient:document:view": _("See and download a patient's document"),
    "patient:document:list": _("See which documents a patient has"),
    "patient:document:create": _("Add documents to a patient's record"),
    "bill-liability:update": _("Change what is owed on a bill, and when"),
    "bill-liability:delete": _("Delete a due date of a bill"),
    "transaction:list": _("See payments"),
    "transaction:create": _("Record payments"),
}

SCOPES: dict[str, Text] = {
    **_OF_THE_VENDOR,
    **_BY_PATTERN,
    **dict.fromkeys(_OPEN_NOTHING, _("Nothing in this clinic; the program works with others that have it")),
}
