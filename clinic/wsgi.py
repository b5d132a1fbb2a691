"""The WSGI application that gunicorn serves."""

import gc
import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
application = get_wsgi_application()
import_module("clinic.urls")  # every page and route is read now, not in the first request

# What has been made by now stays as long as the process: the collector need not walk it again and again.
gc.freeze()
