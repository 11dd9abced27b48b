"""The training of a net: what it writes, its steps, its epochs. It knows no user."""
