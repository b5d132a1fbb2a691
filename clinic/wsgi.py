"""The WSGI application that gunicorn serves."""

import gc
import os
from importlib import import_module

import django

gc.disable()  # a quarter of the start went into walking, again and again, what stays as long as the process
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
django.setup(set_prefix=False)
application = import_module("clinic.unreadable").Handler()
import_module("clinic.urls")  # every page and route is read now, not in the first request
gc.freeze()  # what has been made by now is not walked later, either
gc.enable()
