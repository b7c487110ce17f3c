"""``python -m tinyedge`` is the same as ``tinyedge``."""

from tinyedge.cli import main

main()
