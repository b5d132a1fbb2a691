"""The list of a day for the door of the treatment room: per specialist, to be read and to be printed."""
