"""Keys that sign packages (Ed25519, RFC 8032), as PEM files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tinyedge.errors import ConfigError, TinyedgeError
from tinyedge.keys import secret_file

SECRET, PUBLIC = "update.key", "update.pub"
_MAKE = 'make a pair with "tinyedge keys"'


def make(folder: Path) -> tuple[Path, Path]:
    """Write a new pair, the secret one readable by its owner alone; return both paths.

    Raises ConfigError if one is there already.
    """
    secret, public = folder / SECRET, folder / PUBLIC
    for path in (secret, public):
        if path.exists():
            raise ConfigError(
                f"{path} is there already", "devices trust it: choose another folder with --out"
            )
    key = Ed25519PrivateKey.generate()
    plain = pem.NoEncryption()
    text = key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, plain)
    shown = key.public_key().public_bytes(pem.Encoding.PEM, pem.PublicFormat.SubjectPublicKeyInfo)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        secret_file.write(secret, text)
        public.write_bytes(shown)
    except OSError as error:
        raise TinyedgeError(f"{folder}: {error.strerror}", "choose another with --out") from error
    return secret, public


def secret(path: Path) -> Ed25519PrivateKey:
    """Read a secret key. Raises ConfigError if the file holds none, or is open to other users."""
    try:
        key = pem.load_pem_private_key(_read(path, secret_file.read), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{path} holds no secret key: {error}", _MAKE) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{path} holds a key that is not of Ed25519", _MAKE)
    return key


def public(path: Path) -> bytes:
    """Read a public key: 32 bytes. Raises ConfigError if the file holds none."""
    try:
        key = pem.load_pem_public_key(_read(path, Path.read_bytes))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{path} holds no public key: {error}", _MAKE) from error
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(f"{path} holds a key that is not of Ed25519", _MAKE)
    return key.public_bytes(pem.Encoding.Raw, pem.PublicFormat.Raw)


def holds(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether ``signature`` over ``message`` is of the public ``key``."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _read(path: Path, how: Callable[[Path], bytes]) -> bytes:
    try:
        return how(path)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", _MAKE) from error
