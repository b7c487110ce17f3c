"""Results -> one HTML page and a Markdown table."""
