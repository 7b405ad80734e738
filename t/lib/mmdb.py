#!/usr/bin/python3
"""Writes MaxMind files (MMDB 2.0): write(path, {"192.0.2.0/24": {"country": {"iso_code": "NL"}}}).

As a program, for suites in C: mmdb.py PATH [--v4] [--bits 24] < JSON, the same object as JSON."""
import argparse
import ipaddress
import json
import os
import struct
import sys
import time

MARKER = b"\xab\xcd\xefMaxMind.com"
STRING, BYTES, UINT16, UINT32, MAP, UINT64, ARRAY, BOOLEAN, DOUBLE = 2, 4, 5, 6, 7, 9, 11, 14, 3


class Uint64(int):
    pass


class Uint16(int):
    pass


def _control(kind, size):
    extended = bytes([kind - 7]) if kind > 7 else b""
    first = (kind if kind <= 7 else 0) << 5
    if size < 29:
        return bytes([first | size]) + extended
    if size < 285:
        return bytes([first | 29]) + extended + bytes([size - 29])
    if size < 65821:
        return bytes([first | 30]) + extended + struct.pack(">H", size - 285)
    return bytes([first | 31]) + extended + struct.pack(">I", size - 65821)[1:]


def _number(kind, value):
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return _control(kind, len(raw)) + raw


def encode(value):
    if isinstance(value, bool):
        return _control(BOOLEAN, int(value))
    if isinstance(value, int):
        return _number(UINT64 if isinstance(value, Uint64) else UINT16 if isinstance(value, Uint16) else UINT32, value)
    if isinstance(value, float):
        return _control(DOUBLE, 8) + struct.pack(">d", value)
    if isinstance(value, bytes):  # a string that need not be UTF-8
        return _control(STRING, len(value)) + value
    if isinstance(value, str):
        return encode(value.encode())
    if isinstance(value, dict):
        return _control(MAP, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
    return _control(ARRAY, len(value)) + b"".join(map(encode, value))


class _Tree:
    """A node is [left, right]; what hangs there is None, a node, or the offset of data."""

    def __init__(self, v4):
        self.v4, self.root, self.data, self.offsets = v4, [None, None], b"", {}

    def _place(self, value):
        raw = encode(value)
        if raw not in self.offsets:
            self.offsets[raw] = len(self.data)
            self.data += raw
        return self.offsets[raw]

    def add(self, network, value):
        net = ipaddress.ip_network(network)
        bits, width = int(net.network_address), net.max_prefixlen
        length = net.prefixlen
        if not self.v4 and width == 32:  # IPv4 lies at ::/96
            width, length = 128, length + 96
        node, offset = self.root, self._place(value)
        for depth in range(length):
            side = bits >> (width - 1 - depth) & 1
            if depth == length - 1:
                node[side] = offset
            else:
                if not isinstance(node[side], list):
                    node[side] = [node[side], node[side]]  # the smaller network splits the larger one
                node = node[side]

    def write(self, bits):
        nodes = []

        def number(node):
            node.append(len(nodes))
            nodes.append(node)
            for side in node[:2]:
                if isinstance(side, list):
                    number(side)
        number(self.root)
        value = lambda side: len(nodes) if side is None else side[2] if isinstance(side, list) else len(nodes) + 16 + side
        return len(nodes), b"".join(_record(value(n[0]), value(n[1]), bits) for n in nodes)


def _record(left, right, bits):
    if bits == 28:
        return struct.pack(">I", left)[1:] + bytes([left >> 24 << 4 | right >> 24]) + struct.pack(">I", right)[1:]
    return left.to_bytes(bits // 8, "big") + right.to_bytes(bits // 8, "big")


def make(networks, v4=False, bits=24, built=None, kind="Postgate-Test"):
    """The bytes of a file; later networks lie over earlier ones."""
    tree = _Tree(v4)
    for network, value in networks.items():
        tree.add(network, value)
    count, search = tree.write(bits)
    about = {"binary_format_major_version": Uint16(2), "binary_format_minor_version": Uint16(0),
             "build_epoch": Uint64(int(time.time()) if built is None else built), "database_type": kind,
             "description": {"en": "made by a test"}, "ip_version": Uint16(4 if v4 else 6), "languages": ["en"],
             "node_count": count, "record_size": Uint16(bits)}
    return search + bytes(16) + tree.data + MARKER + encode(about)


def write(path, networks, **more):
    """In its place at once, as an updater does it."""
    with open(path + ".new", "wb") as f:
        f.write(make(networks, **more))
    os.chmod(path + ".new", 0o644)
    os.rename(path + ".new", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path")
    parser.add_argument("--v4", action="store_true")
    parser.add_argument("--bits", type=int, default=24, choices=(24, 28, 32))
    parser.add_argument("--built", type=int)
    given = parser.parse_args()
    write(given.path, json.load(sys.stdin), v4=given.v4, bits=given.bits, built=given.built)


if __name__ == "__main__":
    main()
