"""What Django discovers: the back office, app by app."""

from backoffice import absences as absences
from backoffice import appointments as appointments
from backoffice import catalog as catalog
from backoffice import directory as directory
from backoffice import documents as documents
from backoffice import history as history
from backoffice import holidays as holidays
from backoffice import keys as keys
from backoffice import orders as orders
from backoffice import patients as patients
from backoffice import programs as programs
from backoffice import slot_series as slot_series
from backoffice import slots as slots
from backoffice import users as users
from backoffice.bulk_slots import batches as batches
