#!/usr/bin/python3
"""The RFC 7208 test suite as Debian ships it (python3-spf), for whoever runs it: sections with their zone data and cases.

Run by itself it prints the suite one word group a line, for t/unit/inspect/test_spf_suite.c; texts in hexadecimal, "-" for none:
  zone
  rr NAME TYPE DATA...        TYPE: TXT A AAAA MX PTR CNAME; MX: preference, then name; TXT: its strings joined
  timeout NAME
  case NAME HOST HELO SENDER RESULTS EXPLANATION
"""
import dataclasses
import gzip

import yaml

SUITE = "/usr/share/doc/python3-spf/rfc7208-tests.yml.gz"
NONE = object()     # a case that says nothing of the explanation
DEFAULT = ""        # the receiver's own: no explanation of the domain


@dataclasses.dataclass
class Case:
    name: str
    client: str
    helo: bytes
    sender: bytes
    results: list
    explanation: object


@dataclasses.dataclass
class Section:
    title: str
    records: list       # (name, type, data): bytes; int and bytes for MX
    timeouts: list      # names that never answer, but for the types in records
    cases: list


class Loader(yaml.SafeLoader):
    """1:2 is an address, not a number of base 60, and no unquoted text is a date."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag == "tag:yaml.org,2002:null" or tag == "tag:yaml.org,2002:seq"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def _bytes(text):
    """Each character of the suite is one byte."""
    return (text or "").encode("latin-1")


def _data(kind, value):
    if kind == "MX":
        return (int(value[0]), _bytes(value[1]).rstrip(b"."))
    if kind == "TXT":
        return b"".join(map(_bytes, value)) if isinstance(value, list) else _bytes(value)
    return _bytes(value) if kind in ("A", "AAAA") else _bytes(value).rstrip(b".")


def _zone(zonedata):
    """SPF records stand for TXT where a name has no TXT of its own; "TXT: NONE" says that it has none."""
    records, timeouts = [], []
    for name, items in zonedata.items():
        pairs = [(kind, value) for item in items if isinstance(item, dict) for kind, value in item.items()]
        if "TIMEOUT" in items:
            timeouts.append(_bytes(name))
        if not any(kind == "TXT" for kind, _ in pairs):
            pairs = [("TXT" if kind == "SPF" else kind, value) for kind, value in pairs]
        for kind, value in pairs:
            if kind != "SPF" and value != "NONE" and value != []:
                records.append((_bytes(name), kind, _data(kind, value)))
    return records, timeouts


def _case(name, test):
    results = test["result"] if isinstance(test["result"], list) else [test["result"]]
    explanation = test.get("explanation", NONE)
    return Case(name, test["host"], _bytes(test["helo"]), _bytes(test["mailfrom"]), results,
                DEFAULT if explanation == "DEFAULT" else explanation)


def sections():
    with gzip.open(SUITE, "rt", encoding="utf-8") as file:
        for document in yaml.load_all(file, Loader):
            records, timeouts = _zone(document["zonedata"])
            yield Section(document["description"], records, timeouts,
                          [_case(name, test) for name, test in document["tests"].items()])


def _hex(text):
    return text.hex() or "-"


def _print(section):
    print("zone")
    for name, kind, data in section.records:
        print("rr", _hex(name), kind, *([data[0], _hex(data[1])] if kind == "MX" else [_hex(data)]))
    for name in section.timeouts:
        print("timeout", _hex(name))
    for case in section.cases:
        explanation = "any" if case.explanation is NONE else _hex(_bytes(case.explanation))
        print("case", case.name, case.client, _hex(case.helo), _hex(case.sender), ",".join(case.results), explanation)


if __name__ == "__main__":
    for each in sections():
        _print(each)
