"""Renders firmware: the one place where Python becomes C."""
