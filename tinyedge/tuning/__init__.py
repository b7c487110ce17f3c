"""A search over recipes with Optuna: what ``tinyedge search`` does."""
