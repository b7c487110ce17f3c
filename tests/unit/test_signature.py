"""A device's SHA-512 and Ed25519 in C, against hashlib, RFC 8032 and cryptography."""

import ctypes
import hashlib
import subprocess
from itertools import pairwise

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.native import WARNINGS
from tests.support.tools import need
from tinyedge import resources
from tinyedge.emit import monocypher

#: RFC 8032, section 7.1: secret key, public key, message, signature
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b4"
        "6bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d"
        "8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6"
        "594a7c15e9716ed28dc027beceea1ec40a",
    ),
]
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    need("gcc")
    folder = tmp_path_factory.mktemp("signature")
    for name, text in monocypher.sources().items():
        (folder / name).write_text(text)
    update = resources.root("firmware_templates") / "update"
    sources = [update / "te_sha512.c", update / "te_signature.c", folder / "monocypher.c"]
    made = folder / "signature.so"
    flags = [*WARNINGS, "-O1", "-shared", "-fPIC", "-fsanitize=undefined"]
    flags += ["-fno-sanitize-recover=all", f"-I{update}", f"-I{folder}"]
    subprocess.run(["gcc", *flags, *map(str, sources), "-o", str(made)], check=True)
    loaded = ctypes.CDLL(str(made))
    loaded.te_signature_holds.restype = ctypes.c_bool
    loaded.te_signature_holds.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_size_t]
    loaded.te_sha512_add.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t]
    return loaded


def _sha512(library: ctypes.CDLL, *parts: bytes) -> bytes:
    state, to = ctypes.create_string_buffer(256), ctypes.create_string_buffer(64)
    library.te_sha512_begin(state)
    for part in parts:
        library.te_sha512_add(state, part, len(part))
    library.te_sha512_end(state, to)
    return to.raw


def _holds(library: ctypes.CDLL, signature: bytes, key: bytes, message: bytes) -> bool:
    return bool(library.te_signature_holds(signature, key, message, len(message)))


def test_sha512_is_hashlibs_at_every_length(library: ctypes.CDLL) -> None:
    data = np.random.default_rng(1).integers(0, 256, 1 << 17, np.uint8).tobytes()
    for size in (*range(520), 4095, 4096, 65_537, len(data)):
        assert _sha512(library, data[:size]) == hashlib.sha512(data[:size]).digest(), size


def test_sha512_does_not_depend_on_how_the_data_is_cut(library: ctypes.CDLL) -> None:
    rng = np.random.default_rng(2)
    data = rng.integers(0, 256, 700, np.uint8).tobytes()
    for _ in range(200):
        cuts = [0, *sorted(rng.integers(0, len(data) + 1, 6).tolist()), len(data)]
        parts = [data[a:b] for a, b in pairwise(cuts)]
        assert _sha512(library, *parts) == hashlib.sha512(data).digest(), cuts


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_8032)
def test_the_signatures_of_rfc_8032_hold(
    library: ctypes.CDLL, secret: str, public: str, message: str, signature: str
) -> None:
    key, text, signed = map(bytes.fromhex, (public, message, signature))
    assert Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)).sign(text) == signed
    assert _holds(library, signed, key, text)
    assert not _holds(library, signed, key, text + b"x")


def test_a_flipped_bit_anywhere_breaks_a_signature(library: ctypes.CDLL) -> None:
    rng = np.random.default_rng(3)
    secret = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    key, message = secret.public_key().public_bytes_raw(), rng.bytes(272)
    signature = secret.sign(message)
    assert _holds(library, signature, key, message)
    for part, size in enumerate((64, 32, 272)):
        for at in rng.integers(0, 8 * size, 40).tolist():
            given = [bytearray(signature), bytearray(key), bytearray(message)]
            given[part][at // 8] ^= 1 << at % 8
            assert not _holds(library, *map(bytes, given)), (part, at)


def test_a_second_form_of_a_signature_does_not_hold(library: ctypes.CDLL) -> None:
    """RFC 8032, 5.1.7: S + L, of which the equation holds, too, must be refused."""
    secret = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    key, signature = secret.public_key().public_bytes_raw(), secret.sign(b"model")
    other = int.from_bytes(signature[32:], "little") + ORDER
    assert _holds(library, signature, key, b"model")
    assert not _holds(library, signature[:32] + other.to_bytes(32, "little"), key, b"model")
