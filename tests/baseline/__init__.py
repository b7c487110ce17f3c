"""The committed counts of instructions, and how they are compared."""
