"""One pass a file, each with ``transform``."""
