#!/bin/sh
# `manage.py` with the settings of this deployment, from wherever it is called: deploy/manage.sh check_invariants
cd "$(dirname "$0")/.." || exit
. deploy/settings.sh
unset PGOPTIONS
exec python manage.py "$@"
