"""Ports on loopback that stay ours, and waiting until something answers there."""
import random
import socket

import wait

_held = []  # bound, never listening: no other program gets the port, while our own servers (SO_REUSEADDR) may listen on it


def _claim(kind, where, options=()):
    s = socket.socket(kind)
    for option in options:
        s.setsockopt(socket.SOL_SOCKET, option, 1)
    try:
        s.bind(where)
    except OSError:
        s.close()
        return False
    _held.append(s)
    return True


def reserve(address="127.0.0.1"):
    """A port that is free on `address` now and is given to nobody else while this process lives."""
    for _ in range(200):
        port = random.randrange(12000, 31000)  # below the range that clients are given
        # A name that only one process can have: with SO_REUSEADDR two tests could hold a port on which nobody listens yet.
        if _claim(socket.AF_UNIX, f"\0postgate-test-port-{port}") and _claim(socket.AF_INET, (address, port), [socket.SO_REUSEADDR]):
            return port
    raise RuntimeError(f"no free port on {address}")


def connect(where, timeout=5):
    """`where` as Postfix writes it: unix:/path or inet:host:port."""
    kind, rest = where.split(":", 1)
    if kind == "unix":
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(wait.scaled(timeout))
        s.connect(rest)
        return s
    host, port = rest.rsplit(":", 1)
    return socket.create_connection((host.strip("[]"), int(port)), wait.scaled(timeout))


def _answers(where, greeting):
    try:
        with connect(where, 2) as s:
            return greeting is None or s.recv(len(greeting)) == greeting
    except OSError:
        return False


def wait_answer(where, timeout=20, greeting=None, alive=None):
    """Waits until `where` accepts (and greets with `greeting`). alive() says early that it never will."""
    def ready():
        if _answers(where, greeting):
            return True
        if alive and not alive():
            raise wait.TimedOut(f"the program that should answer at {where} has ended")
        return False
    wait.until(ready, timeout, f"an answer at {where}")
