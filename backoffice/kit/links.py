"""Mailed links to set a password; each works once and for a limited time."""

from __future__ import annotations

from allauth.core import context
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from core.mail import post
from directory.models import User


def mail_link(user: User, *, template: str) -> None:
    """Mail the user a link to set their password; the first line of the template is the subject.

    The link leads to the host of the request that is being answered, as the sign-in library keeps it.
    """
    request: HttpRequest = context.request
    parts = {"uidb64": urlsafe_base64_encode(force_bytes(user.pk)), "token": default_token_generator.make_token(user)}
    told = {
        "user": user,
        "link": request.build_absolute_uri(reverse("password_reset_confirm", kwargs=parts)),
        "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
        "host": request.get_host(),
    }
    subject, _newline, body = render_to_string(template, told).strip().partition("\n")
    post(EmailMessage(subject, body.lstrip(), to=[user.email]))
