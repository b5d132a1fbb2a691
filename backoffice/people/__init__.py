"""The people area: organizations, practices, rooms, specialists, users, roles and API keys."""
