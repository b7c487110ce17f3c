"""What one device is asked over an open session, and what its answers are held against.

Knows the link, the reference and the results; not how firmware is made or how a device is started.
"""
