"""All keys come from the secrets of the key epochs (§3)."""

import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from . import hpke
from .damage import Damaged

SESSION_KEY_INFO = b"lifeboat/v1/session-key"


class Keys:
    """The keys of a vault, and of one cluster in it."""

    def __init__(self, secrets):
        """`secrets`: that of each key epoch, the first one's in front."""
        self.secrets = secrets
        self.verify_key = Ed25519PrivateKey.from_private_bytes(self.derive(b"", "sign", 1)).public_key()

    def epochs(self):
        """Newest first: the order in which they are tried."""
        return range(len(self.secrets), 0, -1)

    def derive(self, salt, purpose, epoch):
        info = f"lifeboat/v1/{purpose}/{epoch}".encode()
        return hpke.hkdf_expand(hpke.hkdf_extract(salt, self.secrets[epoch - 1]), info, 32)

    def of_each_epoch(self, salt, purpose):
        return [self.derive(salt, purpose, epoch) for epoch in self.epochs()]

    def public_bytes(self):
        return self.verify_key.public_bytes(Encoding.Raw, PublicFormat.Raw)

    def fingerprint(self):
        """What people compare (§11)."""
        return hashlib.sha256(self.public_bytes()).digest()[:8]

    def control(self):
        return self.of_each_epoch(b"", "control")

    def of_cluster(self, cluster):
        return ClusterKeys(self, cluster)


class ClusterKeys:
    def __init__(self, keys, cluster):
        self.id = keys.derive(cluster.bytes, "id", 1)
        self.seals = keys.of_each_epoch(cluster.bytes, "seal")
        self.tables = keys.of_each_epoch(cluster.bytes, "table")
        self.documents = keys.of_each_epoch(cluster.bytes, "document")

    def chunk_id(self, type_byte, content):
        mac = hmac.new(self.id, bytes([type_byte]), hashlib.sha256)
        mac.update(content)
        return b"\x01" + mac.digest()

    def unwrap(self, wrapped, what):
        """The session key in a key frame's body."""
        try:
            return first_that_opens(self.seals, lambda seal: hpke.open_message(seal, SESSION_KEY_INFO, wrapped))
        except (InvalidTag, ValueError) as error:
            raise Damaged(f"{what}: the session key does not open") from error


def first_that_opens(keys, use):
    """What `use` gives for the first of the keys, one for each epoch, that does not raise InvalidTag; else that is raised."""
    for key in keys[:-1]:
        try:
            return use(key)
        except InvalidTag:
            pass
    return use(keys[-1])
