"""A net in another form: the calls that it makes, recorded, and these as a module of plain
numpy."""
