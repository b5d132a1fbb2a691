"""The catalogue's words."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.TextChoices):
    """What kind of service it is (services: `category`)."""

    CONSULTATION = "consultation", _("Consultation")
    THERAPY = "therapy", _("Therapy")
    EXAMINATION = "examination", _("Examination")
    PROCEDURE = "procedure", _("Procedure")
