"""What several contracts say alike."""
