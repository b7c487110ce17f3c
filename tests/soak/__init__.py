"""One device that answers for hours: the same bytes and ticks to the end, and no more memory."""
