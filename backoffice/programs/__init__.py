"""The programs area: plans for sale, and the programs of patients."""
