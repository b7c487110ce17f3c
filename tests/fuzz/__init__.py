"""Differential fuzzing: random graphs, compiled ahead of time, against TensorFlow Lite Micro."""
