"""tensorflow-model-optimization: a trained model -> one that learns to be small, and back.

Each function takes and returns Keras models; the weights are those of the model given.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tinyedge import backend
from tinyedge.backend import quiet
from tinyedge.errors import ConfigError, ToolError
from tinyedge.recipe import Cluster, Prune

_FREQUENCY = 10  # steps between two prunings


def prune(model: Any, settings: Prune, steps: int) -> tuple[Any, tuple[Any, ...]]:
    """Wrap convolutions and dense layers; ``steps`` is all that will be trained.

    Returns the callbacks that training then needs, too.
    """
    sparsity = _library().sparsity.keras
    if settings.schedule == "constant" or settings.structure == "2:4":
        fraction = 0.5 if settings.structure == "2:4" else settings.sparsity
        schedule = sparsity.ConstantSparsity(fraction, 0, frequency=_FREQUENCY)
    else:
        end = max(1, steps // 2)
        schedule = sparsity.PolynomialDecay(
            0.0, settings.sparsity, 0, end, frequency=min(_FREQUENCY, end)
        )
    pattern = {"sparsity_m_by_n": (2, 4)} if settings.structure == "2:4" else {}

    def wrap(layer: Any) -> Any:
        return sparsity.prune_low_magnitude(layer, schedule, **pattern)

    return _wrapped(model, wrap), (sparsity.UpdatePruningStep(),)


def cluster(model: Any, settings: Cluster, *, pruned: bool) -> Any:
    """Wrap convolutions and dense layers; the first centroids follow from the weights."""
    first = _library().clustering.keras.CentroidInitialization.KMEANS_PLUS_PLUS
    experimental = import_module(
        "tensorflow_model_optimization.python.core.clustering.keras.experimental.cluster"
    )

    def wrap(layer: Any) -> Any:
        return experimental.cluster_weights(
            layer, settings.clusters, first, preserve_sparsity=pruned
        )

    return _wrapped(model, wrap)


def quantize_aware(model: Any, where: str, *, pruned: bool, clustered: bool) -> Any:
    """Add what int8 does to weights and activations, as training sees it.

    Zeros and clusters stay. Raises ConfigError for layers that the library cannot do this to.
    """
    keras = _library().quantization.keras
    try:
        with quiet():
            annotated = keras.quantize_annotate_model(model)
            schemes = _schemes(pruned=pruned, clustered=clustered)
            return keras.quantize_apply(annotated, *schemes)
    except (ValueError, RuntimeError) as error:
        raise ConfigError(
            f"{where}: this network cannot be trained quantization-aware: "
            f"{str(error).splitlines()[0]}",
            'write quantize.method = "ptq", or replace the layer',
        ) from error


def without_wrappers(model: Any) -> Any:
    """The plain model with what the wrappers have made of its weights."""
    library = _library()
    return library.clustering.keras.strip_clustering(library.sparsity.keras.strip_pruning(model))


def _schemes(*, pruned: bool, clustered: bool) -> list[Any]:
    """What keeps zeros and clusters; none for the library's default."""
    where = "tensorflow_model_optimization.python.core.quantization.keras.collab_opts"
    if clustered:
        module = import_module(
            f"{where}.cluster_preserve.default_8bit_cluster_preserve_quantize_scheme"
        )
        return [module.Default8BitClusterPreserveQuantizeScheme(preserve_sparsity=pruned)]
    if pruned:
        module = import_module(
            f"{where}.prune_preserve.default_8bit_prune_preserve_quantize_scheme"
        )
        return [module.Default8BitPrunePreserveQuantizeScheme()]
    return []


def _wrapped(model: Any, wrap: Any) -> Any:
    """A copy of the model with its convolutions and dense layers wrapped."""
    keras = backend.load().keras
    kinds = (keras.layers.Conv2D, keras.layers.Dense)

    def each(layer: Any) -> Any:
        # a depthwise convolution's few weights are worth more than they weigh
        small = isinstance(layer, keras.layers.DepthwiseConv2D)
        return wrap(layer) if isinstance(layer, kinds) and not small else layer

    return keras.models.clone_model(model, clone_function=each)


def _library() -> Any:
    backend.load()
    try:
        import tensorflow_model_optimization as tfmot  # noqa: PLC0415 - slow, and an extra
    except ImportError as error:
        raise ToolError(
            "compression needs tensorflow-model-optimization, which is not installed",
            'run pip install "tinyedge[train]"',
        ) from error
    return tfmot
