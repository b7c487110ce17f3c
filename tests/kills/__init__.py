"""Runs of tinyedge that are killed, and what the next run makes of it."""
