"""Training of a model's last dense layers on the device, and its twin in numpy."""
