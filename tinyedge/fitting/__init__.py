"""How large a recipe's network may be: what ``tinyedge fit`` does, before any training."""
