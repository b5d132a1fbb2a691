#!/bin/sh
# Back up into a folder that is not there yet: deploy/backup.sh FOLDER
# First the database, then the files, then the digests of them all. What was not finished is called FOLDER.unfinished.
set -eu
umask 077
[ $# -eq 1 ] || { echo "deploy/backup.sh FOLDER" >&2; exit 2; }
case $1 in /*) folder=${1%/} ;; *) folder=$PWD/${1%/} ;; esac
cd "$(dirname "$0")/.."
. deploy/settings.sh
if [ -e "$folder" ]; then echo "$folder is there already." >&2; exit 1; fi
case $DATABASE_URL in
  sqlite:*) [ -e "${DATABASE_URL#sqlite:///}" ] || { echo "There is no database ${DATABASE_URL#sqlite:///}." >&2; exit 1; } ;;
esac
part=$folder.unfinished
rm -rf "$part"
mkdir -p "$part/files"

case $DATABASE_URL in
  sqlite:*) copy_sqlite "${DATABASE_URL#sqlite:///}" "$part/clinic.sqlite3" ;;
  *) pg_dump --format=custom --file="$part/clinic.dump" "$DATABASE_URL" ;;
esac
if [ -n "${S3_BUCKET:-}" ]; then in_s3 sync --only-show-errors "s3://$S3_BUCKET" "$part/files"
elif [ -d "$MEDIA_ROOT" ]; then cp -a "$MEDIA_ROOT/." "$part/files"
fi
(cd "$part" && find . -type f ! -name 'SHA256SUMS*' -exec sha256sum {} + >SHA256SUMS.unsorted \
  && sort -k 2 SHA256SUMS.unsorted >SHA256SUMS && rm SHA256SUMS.unsorted)
sync
mv "$part" "$folder"
echo "$folder: $(($(wc -l <"$folder/SHA256SUMS") - 1)) files and the database."
