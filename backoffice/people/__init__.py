"""Who works here and where: organizations, practices, rooms, specialists, users, roles and API keys."""
