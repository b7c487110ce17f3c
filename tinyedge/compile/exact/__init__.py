"""Proofs at compile time: a fast formula gives the reference's bytes for every possible input."""
