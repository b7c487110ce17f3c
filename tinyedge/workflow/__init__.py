"""From what the user names to a verb's result: makes what is missing, starts a device, asks it.

The command line only reads options and prints; a project's own tests call the same functions.
"""
