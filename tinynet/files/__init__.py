"""Model files: the format, the disk, and how parts are written down."""
