#!/bin/sh
# What runs once a day. Each command may be repeated; one that fails keeps none of the others from running.
manage=$(dirname "$0")/manage.sh
status=0
for command in expire_programs extend_slots bill_due_work forget_replies forget_sign_ins forget_reads clearsessions cleartokens \
  seal_history check_invariants; do
  sh "$manage" "$command" || { echo "failed: $command" >&2; status=1; }
done
exit $status
