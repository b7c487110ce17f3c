"""Scripts for another Python: it has a converter that cannot be installed beside TensorFlow 2.21.

:mod:`tinyedge.importing.foreign` starts ``python run.py KIND request.json``. Nothing here may
import tinyedge, which that Python need not have.
"""
