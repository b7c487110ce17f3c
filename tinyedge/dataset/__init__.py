"""A recipe's data set as arrays, split for good by its seed."""
