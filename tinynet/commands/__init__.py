"""What `python -m tinynet` can do."""
