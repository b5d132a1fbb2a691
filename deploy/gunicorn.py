"""gunicorn, behind a proxy that takes in slow requests: workers never wait for a client."""

import os

bind = os.environ.get("BIND", "0.0.0.0:8000")
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
worker_tmp_dir = "/dev/shm"  # noqa: S108 heartbeats in memory: the root is read-only
timeout = 30
graceful_timeout = 20
keepalive = 5
max_requests = 10_000
max_requests_jitter = 1_000
limit_request_line = 8190
limit_request_fields = 64
control_socket_disable = True  # it would be a file in a home directory that does not exist

# Its own lines like those of the application: JSON, and nothing of what a client sent (clinic/logs.py).
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "clinic.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # Django answers HEAD like GET and leaves it to the server to drop the body, which is no warning for each.
        "gunicorn.http.wsgi": {"level": "ERROR"},
    },
}
