"""The words of patient records."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Gender(models.TextChoices):
    """Administrative gender; "" = not given."""

    MALE = "male", _("Male")
    FEMALE = "female", _("Female")
    OTHER = "other", _("Other")


class Relation(models.TextChoices):
    """How a user is related to a patient for whom they may act."""

    SELF = "self", _("Self")
    PARENT = "parent", _("Parent")
    GUARDIAN = "guardian", _("Guardian")
    CARER = "carer", _("Carer")


class PhoneType(models.TextChoices):
    """What kind of telephone a number belongs to."""

    FAX = "fax", _("Fax")
    HOME = "home", _("Home")
    MOBILE = "mobile", _("Mobile")
    OTHER = "other", _("Other")
    WORK = "work", _("Work")


class DocumentType(models.TextChoices):
    """The type of a document; the alfadocs contract names these seven."""

    TEXT = "text", _("Text")
    XRAY = "xray", _("X-ray")
    IMAGE = "image", _("Image")
    IDENTIFICATION = "identification", _("Identification")
    SIGNED_DETAILS = "electronic_signature_patient_details", _("Signed patient details")
    SIGNED_DETAILS_AND_TERMS = (
        "electronic_signature_patient_details_and_terms_and_conditions",
        _("Signed patient details and terms"),
    )
    OTHER = "other", _("Other")


class AlertKind(models.TextChoices):
    """The subject of an alert."""

    ALLERGY = "allergy", _("Allergy")
    RISK = "risk", _("Risk")
    ACCESS = "access", _("Access")
    MONEY = "money", _("Money")
    OTHER = "other", _("Note")


class FieldObject(models.TextChoices):
    """The kinds of objects that custom fields can describe."""

    PATIENT = "patient", _("Patient")
    CARE_PLAN = "care_plan", _("Care plan")


class FieldType(models.TextChoices):
    """The types of custom fields."""

    SINGLE_LINE_TEXT = "single_line_text", _("Text")
    NUMBER = "number", _("Number")
    DATE = "date", _("Date")
    SINGLE_CHECKBOX = "single_checkbox", _("Yes or no")
    DROPDOWN = "dropdown", _("Choice")
