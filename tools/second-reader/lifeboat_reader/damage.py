"""What a reader says when the bytes are not what they have to be."""


class Damaged(Exception):
    """Bytes of the vault that are damaged or forged; the message names the place."""


class Unsupported(Exception):
    """A version or feature that this reader does not know (§1)."""


class Refused(Exception):
    """What was asked for cannot be done: a wrong key, no such set, a target that is not empty."""
