"""All keys come from one root secret (§3)."""

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

    def __init__(self, root_secret):
        self.root_secret = root_secret
        self.verify_key = Ed25519PrivateKey.from_private_bytes(self.derive(b"", "sign")).public_key()

    def derive(self, salt, purpose, epoch=1):
        info = f"lifeboat/v1/{purpose}/{epoch}".encode()
        return hpke.hkdf_expand(hpke.hkdf_extract(salt, self.root_secret), info, 32)

    def public_bytes(self):
        return self.verify_key.public_bytes(Encoding.Raw, PublicFormat.Raw)

    def fingerprint(self):
        """What people compare (§11)."""
        return hashlib.sha256(self.public_bytes()).digest()[:8]

    def control(self):
        return self.derive(b"", "control")

    def of_cluster(self, cluster):
        return ClusterKeys(self, cluster)


class ClusterKeys:
    def __init__(self, keys, cluster):
        self.seal = keys.derive(cluster.bytes, "seal")
        self.id = keys.derive(cluster.bytes, "id")
        self.table = keys.derive(cluster.bytes, "table")
        self.document = keys.derive(cluster.bytes, "document")

    def chunk_id(self, type_byte, content):
        mac = hmac.new(self.id, bytes([type_byte]), hashlib.sha256)
        mac.update(content)
        return b"\x01" + mac.digest()

    def unwrap(self, wrapped, what):
        """The session key in a key frame's body."""
        try:
            return hpke.open_message(self.seal, SESSION_KEY_INFO, wrapped)
        except (InvalidTag, ValueError) as error:
            raise Damaged(f"{what}: the session key does not open") from error
