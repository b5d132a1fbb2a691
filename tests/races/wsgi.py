"""The product's WSGI application as the harness serves it: every reply says which process of which run gave it."""

import os
import sys
import traceback

from django.core.signals import got_request_exception
from django.db import connections

from clinic.wsgi import application as clinic
from tests.patience import patient

DATABASE = connections.settings["default"]
DATABASE["OPTIONS"] = patient(DATABASE["OPTIONS"], vendor=connections["default"].vendor)

NONCE = os.environ["HARNESS_NONCE"]


@got_request_exception.connect
def tell(**said):
    """Into the harness's log: without DEBUG nobody else writes it down."""
    traceback.print_exc(file=sys.stderr)


def application(environ, start_response):
    """The product, and one header."""

    def start(status, headers, *more):
        return start_response(status, [*headers, ("X-Harness", f"{NONCE} {os.getpid()}")], *more)

    return clinic(environ, start)
