"""Plans for sale, and the programs that patients are enrolled in."""
