"""An independent verifier of DSSE envelopes: reads {envelope, keys, threshold} as JSON from standard input, and prints
how many of the keys signed. Exit 0 if at least `threshold` did. The signatures are checked by securesystemslib."""

import base64
import json
import sys

from securesystemslib import keys as sslib

given = json.load(sys.stdin)
envelope = given["envelope"]
payload = base64.b64decode(envelope["payload"], validate=True)
kind = envelope["payloadType"].encode("utf-8")
message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def signed(public):
    key = {"keytype": "ed25519", "scheme": "ed25519", "keyid": public, "keyval": {"public": public, "private": ""}}
    key["keyid_hash_algorithms"] = ["sha256", "sha512"]
    for entry in envelope["signatures"]:
        signature = {"keyid": public, "sig": base64.b64decode(entry["sig"]).hex()}
        if sslib.verify_signature(key, signature, message):
            return True
    return False


count = sum(1 for public in set(given["keys"]) if signed(public))
print(count)
sys.exit(0 if count >= given["threshold"] else 1)
