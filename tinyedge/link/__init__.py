"""The serial link: frames, protocol, transport and typed calls."""
