"""Checks a log directory with foreign libraries: pymerkle for the tree, cryptography for the signature.

Usage: verify.py DIRECTORY   (exit 0: the log is whole; 1: it is not, with the reason; nothing of ours is used)
"""

import base64
import hashlib
import json
import struct
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pymerkle import InmemoryTree, InvalidProof
from pymerkle.hasher import MerkleHasher
from pymerkle.proof import InclusionProof

WIDTH = 256


class Broken(Exception):
    """The log is not whole."""


def expect(holds, reason):
    if not holds:
        raise Broken(reason)


def read(path):
    try:
        return path.read_bytes()
    except OSError as error:
        raise Broken(f"{path}: {error.strerror}") from error


def decode(text, what):
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Broken(f"{what} is not base64") from error


def read_key(directory):
    """The verifier key: name, id and Ed25519 public key; the id must be the one of name and key."""
    name, key_id, key = read(directory / "vkey").decode().strip().split("+", 2)
    key = decode(key, "the key")
    expected = hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8]
    expect(key[0] == 1 and len(key) == 33, "the key is not an Ed25519 key")
    expect(key_id == expected, "the key id does not belong to this name and key")
    return name, bytes.fromhex(key_id), key[1:]


def open_checkpoint(path, key):
    """Verifies the note and reads size and root."""
    name, key_id, public = key
    try:
        note = read(path).decode()
    except UnicodeDecodeError as error:
        raise Broken(f"{path.name} is not text") from error
    text, blank, signatures = note.rpartition("\n\n")
    expect(blank, f"{path.name} is not a signed note")
    text += "\n"
    signed = False
    for line in signatures.splitlines():
        mark, _, rest = line.partition(" ")
        signer, _, signature = rest.partition(" ")
        expect(mark == "\u2014", f"{path.name} has a malformed signature line")
        signature = decode(signature, f"a signature of {path.name}")
        if (signer, signature[:4]) != (name, key_id):
            continue
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], text.encode())
        except InvalidSignature as error:
            raise Broken(f"the signature of {path.name} is not by {name}") from error
        signed = True
    expect(signed, f"{path.name} is not signed by {name}")
    origin, size, root = text.split("\n")[:3]
    expect(origin == name, f"{path.name} is of another log")
    return int(size), decode(root, "the root")


def tile_path(kind, index, width):
    """tile/<kind>/<index in groups of three digits>, with .p/<width> for a partial tile."""
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    return f"tile/{kind}/" + "/".join(groups) + ("" if width == WIDTH else f".p/{width}")


def read_leaves(directory, size):
    """Every entry, with the leaf hash that the stored tile has for it."""
    for index in range((size + WIDTH - 1) // WIDTH):
        width = min(WIDTH, size - index * WIDTH)
        hashes = read(directory / tile_path(0, index, width))
        expect(len(hashes) == width * 32, f"{tile_path(0, index, width)} has the wrong length")
        path = tile_path("entries", index, width)
        bundle = read(directory / path)
        at = 0
        for position in range(width):
            number = index * WIDTH + position
            expect(at + 2 <= len(bundle), f"{path} is broken at entry {number}")
            (length,) = struct.unpack_from(">H", bundle, at)
            entry = bundle[at + 2 : at + 2 + length]
            expect(len(entry) == length, f"{path} is broken at entry {number}")
            at += 2 + length
            yield number, entry, hashes[position * 32 : position * 32 + 32]
        expect(at == len(bundle), f"{path} has more entries than its name says")


def rfc_consistency(old, old_root, new, new_root, proof, pair):
    """RFC 9162 section 2.1.4.2 over pymerkle's node hash; pymerkle's own proofs have another shape."""
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof
    path = ([old_root] if old & (old - 1) == 0 else []) + proof
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old_hash = new_hash = path[0]
    for beside in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old_hash, new_hash = pair(beside, old_hash), pair(beside, new_hash)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new_hash = pair(new_hash, beside)
        node, last = node >> 1, last >> 1
    return last == 0 and old_hash == old_root and new_hash == new_root


def check_proofs(directory, tree, heads):
    proofs = json.loads(read(directory / "proofs.json"))
    for proof in proofs["inclusion"]:
        index, size = proof["index"], proof["size"]
        leaf = tree.get_leaf(index + 1)
        path = [leaf] + [decode(text, "a proof") for text in proof["hashes"]]
        rule = tree.prove_inclusion(index + 1, size).rule
        try:
            InclusionProof("sha256", True, size, index + 1, rule, path).verify(leaf, heads[size])
        except InvalidProof as error:
            raise Broken(f"the inclusion proof of entry {index} does not hold: {error}") from error
    for proof in proofs["consistency"]:
        old, new = proof["old"], proof["new"]
        path = [decode(text, "a proof") for text in proof["hashes"]]
        pair = MerkleHasher("sha256").hash_pair
        holds = rfc_consistency(old, heads[old], new, heads[new], path, pair)
        expect(holds, f"the consistency proof from {old} to {new} does not hold")
    return len(proofs["inclusion"]), len(proofs["consistency"])


def verify(directory):
    key = read_key(directory)
    size, root = open_checkpoint(directory / "checkpoint", key)
    old, old_root = open_checkpoint(directory / "checkpoint.earlier", key)
    expect(old <= size, f"the log was shortened: {old} entries earlier, {size} now")
    tree = InmemoryTree(algorithm="sha256")
    differing = []
    for number, entry, stored in read_leaves(directory, size):
        tree.append_entry(entry)
        if tree.get_leaf(number + 1) != stored:
            differing.append(number)
    named = f"entry {differing[0]} is not what was logged" if differing else "the entries do not have the signed root"
    expect(tree.get_root(size) == root, named)
    if differing:
        index = differing[0] // WIDTH
        path = tile_path(0, index, min(WIDTH, size - index * WIDTH))
        raise Broken(f"{path} is not what the entries give")
    expect(tree.get_root(old) == old_root, f"the log was rewritten within its first {old} entries")
    if old:
        tree.prove_consistency(old, size).verify(old_root, root)
    inclusions, consistencies = check_proofs(directory, tree, {size: root, old: old_root})
    return f"{size} entries, {inclusions} inclusion and {consistencies} consistency proofs hold"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        print(f"pymerkle: {verify(Path(sys.argv[1]))}")
    except (Broken, InvalidProof) as broken:
        print(f"pymerkle: BROKEN: {broken}")
        sys.exit(1)


if __name__ == "__main__":
    main()
