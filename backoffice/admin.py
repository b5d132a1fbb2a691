"""What Django discovers: the back office, app by app."""

from backoffice import appointments as appointments
from backoffice import catalog as catalog
from backoffice import directory as directory
from backoffice import documents as documents
from backoffice import history as history
from backoffice import keys as keys
from backoffice import orders as orders
from backoffice import patients as patients
from backoffice import programs as programs
from backoffice import users as users
