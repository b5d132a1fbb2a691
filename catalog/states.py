"""The words of the catalogue."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.TextChoices):
    """The category of a service."""

    CONSULTATION = "consultation", _("Consultation")
    THERAPY = "therapy", _("Therapy")
    EXAMINATION = "examination", _("Examination")
    PROCEDURE = "procedure", _("Procedure")
