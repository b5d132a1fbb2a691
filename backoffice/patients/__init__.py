"""The patients area: their list, the page of one, their documents and alerts."""
