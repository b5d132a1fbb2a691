"""Mail, sent after the answer: how long it takes tells nobody whether there was anything to send."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.core.mail import EmailMessage

logger = logging.getLogger(__name__)

_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")


def post(message: EmailMessage) -> None:
    """Send the message soon. One that cannot be sent is logged: whoever waits for it asks again."""
    if settings.MAIL_IN_BACKGROUND:
        _sender.submit(_send, message)
    else:
        _send(message)


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except Exception:
        logger.exception("mail: not sent")
