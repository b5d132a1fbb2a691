"""gunicorn's settings: each worker leaves its pid for the harness, which signals nobody else."""

import os
from pathlib import Path


def post_fork(server, worker):
    Path(os.environ["HARNESS_WORKERS"], str(os.getpid())).touch()
