"""The WSGI application that gunicorn serves."""

import gc
import os
from importlib import import_module

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
django.setup(set_prefix=False)
application = import_module("clinic.unreadable").Handler()
import_module("clinic.urls")  # every page and route is read now, not in the first request

# What has been made by now stays as long as the process: the collector need not walk it again and again.
gc.freeze()
