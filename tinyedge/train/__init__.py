"""Recipe and data set -> float model and its metrics."""
