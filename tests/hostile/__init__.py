"""Damaged and hostile files: an error with a next step, in time, and in little memory."""
