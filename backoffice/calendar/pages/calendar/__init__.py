"""The calendar page: a day or a week of one practice by specialist or room, moved with the mouse or the keyboard."""

from backoffice.calendar.pages.calendar import page as page
