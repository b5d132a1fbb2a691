#!/bin/sh
# What runs once a day. Each command may be repeated; one that fails keeps none of the others from running.
status=0
for command in expire_programs extend_slots bill_due_work forget_replies forget_sign_ins forget_reads clearsessions cleartokens \
  seal_history check_invariants; do
  python manage.py "$command" || { echo "failed: $command" >&2; status=1; }
done
exit $status
