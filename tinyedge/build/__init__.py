"""Compiles rendered firmware and measures what it takes of the board's memory."""
