"""The network as typed, frozen data: read from .tflite, checked, and run by a numpy reference."""
