"""pytest plugins, loaded with `-p` in pyproject.toml before Django reads its settings."""
