"""``python -m tinyedge`` is the same as ``tinyedge``."""

from tinyedge.cli import main

if __name__ == "__main__":  # worker processes import this module, too
    main()
