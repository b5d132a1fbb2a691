# For the scripts beside it, called where the code lies: the settings of this deployment, and its programs.
# A file of settings that was named, or that is there, must be readable, unless the settings have come already, as from
# systemd, which reads the file as root: without them another database would be meant.
named=${CLINIC_ENV:-}
: "${CLINIC_ENV:=/etc/clinic.env}"
if [ -r "$CLINIC_ENV" ]; then
  set -a
  . "$CLINIC_ENV"
  set +a
elif [ -z "${SECRET_KEY:-}" ] && { [ -n "$named" ] || [ -e "$CLINIC_ENV" ]; }; then
  echo "$CLINIC_ENV cannot be read." >&2
  exit 1
fi
: "${DATABASE_URL:=sqlite:///var/clinic.sqlite3}" "${MEDIA_ROOT:=var/media}"
PATH=$PWD/.venv/bin:$PATH
# A dump may take longer than a request may.
export PGOPTIONS="-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0"

in_s3() { aws ${S3_ENDPOINT_URL:+--endpoint-url "$S3_ENDPOINT_URL"} ${S3_REGION:+--region "$S3_REGION"} s3 "$@"; }
copy_sqlite() {  # a whole copy, also of a database that is being written to
  python -c 'import sqlite3, sys
source, target = (sqlite3.connect(name) for name in sys.argv[1:])
source.backup(target)
target.close()' "$1" "$2"
}
