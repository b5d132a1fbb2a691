"""What schemathesis, a generator of requests from an OpenAPI document, must know of the contracts.

It is no dependency: install it in an environment of its own, start a demo clinic with the rates raised
(`RATE_CLINIKO=100000/minute` and so on), and run for each contract, with a key of `admin`:

    SCHEMATHESIS_HOOKS=tests.fuzzing st run http://127.0.0.1:8000/v1/schema/services --url http://127.0.0.1:8000 \
        -H "Authorization: Bearer $KEY" --max-examples 15 --continue-on-failure \
        --suppress-health-check filter_too_much --exclude-checks positive_data_acceptance

One check is left out: what fits the document may still be refused by a rule (a slot in the past, a page that is not
there, two credentials at once), with the 4xx that the document names. For cliniko `unsupported_method` is left out, too
(`--exclude-checks positive_data_acceptance,unsupported_method`): its clients know a wrong verb as a 404. The health
check counts what the generator throws away while it looks for moments of a year from 1900 to 2199.
"""

import schemathesis

ADDED = "x-schemathesis-unknown-property"


@schemathesis.hook
def filter_case(context, case):
    """Leave out requests whose only fault is a header that nobody knows: HTTP has those ignored."""
    return ADDED not in {name.lower() for name in case.headers or {}}
