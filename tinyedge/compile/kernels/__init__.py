"""Kernel tables: which implementations a core has."""
