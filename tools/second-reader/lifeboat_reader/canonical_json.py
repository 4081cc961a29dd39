"""Canonical JSON (RFC 8785): one value, one spelling."""

import json

from .damage import Damaged


def encode(value):
    return _text(value).encode("utf-8", "strict")


def decode(data, what):
    """Parses bytes that have to be canonical; others are refused (§8)."""
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
        if encode(value) == data:
            return value
    except (ValueError, RecursionError, OverflowError) as error:
        raise Damaged(f"{what}: this is no canonical JSON ({error})") from error
    raise Damaged(f"{what}: this JSON is not in its canonical spelling")


def _text(value):
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
        return "{" + ",".join(f"{_text(name)}:{_text(member)}" for name, member in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value, ensure_ascii=False)


def _number(value):
    """As ECMAScript prints it: Python's digits are the same shortest ones, its exponents are not."""
    if value == 0:
        return "0"
    digits, _, exponent = f"{value!r}".partition("e")
    sign = "-" if digits.startswith("-") else ""
    whole, _, fraction = digits.lstrip("-").partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent or 0)
    significant = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(significant)
    significant = significant.rstrip("0")
    count = len(significant)
    if 0 < point <= 21:
        return sign + (significant.ljust(point, "0") if count <= point else f"{significant[:point]}.{significant[point:]}")
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{significant}"
    mantissa = significant if count == 1 else f"{significant[0]}.{significant[1:]}"
    return f"{sign}{mantissa}e{point - 1:+d}"


def _no_constant(name):
    raise ValueError(f"{name} is no JSON")
