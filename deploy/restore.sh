#!/bin/sh
# Restore what deploy/backup.sh made into an empty place: deploy/restore.sh FOLDER
# A backup that is not whole, and a place that is not empty, are refused before anything is written.
set -eu
umask 077
[ $# -eq 1 ] || { echo "deploy/restore.sh FOLDER" >&2; exit 2; }
case $1 in /*) folder=$1 ;; *) folder=$PWD/$1 ;; esac
cd "$(dirname "$0")/.."
. deploy/settings.sh
refuse() { echo "Nothing was restored: $1" >&2; exit 1; }

(cd "$folder" && sha256sum --check --quiet SHA256SUMS) || refuse "$folder is not a whole backup."
if [ -n "${S3_BUCKET:-}" ]; then
  there=$(in_s3 ls "s3://$S3_BUCKET") || refuse "the bucket does not answer."
  [ -z "$there" ] || refuse "there are files in the bucket $S3_BUCKET."
elif [ -d "$MEDIA_ROOT" ] && [ -n "$(ls -A "$MEDIA_ROOT")" ]; then refuse "there are files in $MEDIA_ROOT."
fi
case $DATABASE_URL in
  sqlite:*)
    database=${DATABASE_URL#sqlite:///}
    [ -e "$folder/clinic.sqlite3" ] || refuse "this backup is of PostgreSQL."
    [ ! -e "$database" ] || refuse "there is a database $database."
    ;;
  *)
    [ -e "$folder/clinic.dump" ] || refuse "this backup is of SQLite."
    tables=$(psql -qAt -c "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()" "$DATABASE_URL") \
      || refuse "the database does not answer."
    [ "$tables" -eq 0 ] || refuse "there are tables in the database."
    ;;
esac

trap 'echo "Only a part was restored: empty the place and begin again." >&2' EXIT
# The files first: a file without a row is harmless, a row without its file is not.
if [ -n "${S3_BUCKET:-}" ]; then in_s3 sync --only-show-errors "$folder/files" "s3://$S3_BUCKET"
else
  mkdir -p "$MEDIA_ROOT"
  cp -a "$folder/files/." "$MEDIA_ROOT"
fi
case $DATABASE_URL in
  sqlite:*)
    mkdir -p "$(dirname "$database")"
    copy_sqlite "$folder/clinic.sqlite3" "$database.unfinished"
    mv "$database.unfinished" "$database"
    ;;
  *)
    # All of it or nothing. What the planner knows of the tables is not in a dump.
    pg_restore --single-transaction --exit-on-error --no-owner --no-privileges --dbname="$DATABASE_URL" "$folder/clinic.dump"
    psql -q -c 'SET client_min_messages = error' -c ANALYZE "$DATABASE_URL"
    ;;
esac
trap - EXIT
sh deploy/manage.sh migrate --verbosity 0
status=0
sh deploy/manage.sh check_invariants || status=1
sh deploy/manage.sh check_files || status=1
exit $status
