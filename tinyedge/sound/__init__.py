"""Sound -> log-mel or MFCC pictures in integers: the same bytes on the host and on a device."""

from tinyedge.sound.rows import pictures
from tinyedge.sound.transform import Settings, Transform

__all__ = ["Settings", "Transform", "pictures"]
