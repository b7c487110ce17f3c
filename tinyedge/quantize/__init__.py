"""Float model -> fully int8 .tflite, refused if anything else is left."""
