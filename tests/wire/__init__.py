"""Faults on the wire between host and device: what is answered is right, and answered once."""
