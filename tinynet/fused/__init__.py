"""Steps as machine code, with the extra `fast`."""
