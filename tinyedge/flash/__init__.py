"""Puts firmware on a device, or starts an emulated one."""
