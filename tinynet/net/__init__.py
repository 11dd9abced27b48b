"""A net of layers: its parameters, its cost, its door, what it reports, and what goes wrong."""
