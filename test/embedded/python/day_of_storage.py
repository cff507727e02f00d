"""A day's work with Google's storage client for Python, against the server named in argv."""

import base64
import gzip
import io
import json
import sys
import urllib.request

from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

url, project = sys.argv[1:]
client = storage.Client(
    project=project,
    credentials=AnonymousCredentials(),
    client_options=ClientOptions(api_endpoint=url),
)


def refused(kind, call):
    try:
        call()
    except kind:
        return
    raise AssertionError(f"{kind.__name__} was expected")


# Buckets.
bucket = client.create_bucket("python-work", location="US")
bucket.labels = {"team": "data"}
bucket.patch()
assert client.get_bucket("python-work").labels == {"team": "data"}
assert [b.name for b in client.list_buckets(prefix="python")] == ["python-work"]
refused(exceptions.Conflict, lambda: client.create_bucket("python-work"))
assert client.lookup_bucket("absent-bucket") is None

# Uploads: at once, in chunks, from a file, packed; with sums that the client checks.
blob = bucket.blob("a folder/ünï ?#%.txt")
blob.metadata = {"origin": "test"}
blob.upload_from_string("hello", content_type="text/plain", checksum="md5")
assert blob.download_as_text() == "hello" and blob.size == 5
content = bytes(range(256)) * 4096
large = bucket.blob("large.bin", chunk_size=256 * 1024)
large.upload_from_file(io.BytesIO(content), checksum="crc32c")
assert large.download_as_bytes(checksum="crc32c") == content
assert large.download_as_bytes(start=10, end=19) == content[10:20]
assert large.download_as_bytes(start=len(content) - 5) == content[-5:]
with bucket.blob("written.csv").open("w") as file:
    file.write("a,b\n" * 1000)
with bucket.blob("written.csv").open("r") as file:
    assert file.readline() == "a,b\n"
packed = bucket.blob("packed.txt")
packed.content_encoding = "gzip"
packed.upload_from_string(gzip.compress(b"packed"), content_type="text/plain")
assert packed.download_as_bytes() == b"packed"
assert gzip.decompress(packed.download_as_bytes(raw_download=True)) == b"packed"

# What it is, and changes of it.
blob.reload()
assert blob.metadata == {"origin": "test"} and blob.content_type == "text/plain"
blob.cache_control = "no-store"
blob.metadata = {"origin": None, "more": "x"}
blob.patch()
assert bucket.get_blob(blob.name).metadata == {"more": "x"}
assert bucket.get_blob("absent") is None
assert blob.exists() and not bucket.blob("absent").exists()

# Conditions.
once = bucket.blob("once")
once.upload_from_string("1", if_generation_match=0)
refused(exceptions.PreconditionFailed, lambda: once.upload_from_string("2", if_generation_match=0))
once.upload_from_string("3", if_generation_match=once.generation)
refused(exceptions.PreconditionFailed, lambda: once.delete(if_generation_match=1))

# Copies, compositions, names.
copy = bucket.copy_blob(blob, bucket, "copied.txt")
assert copy.download_as_text() == "hello"
joined = bucket.blob("joined.txt")
joined.content_type = "text/plain"
joined.compose([blob, copy])
assert joined.download_as_text() == "hellohello"
token, done, total = bucket.blob("rewritten").rewrite(joined)
assert token is None and done == total == 10
moved = bucket.rename_blob(copy, "moved.txt")
assert moved.name == "moved.txt" and not copy.exists()

# Lists.
for name in ["tree/a.csv", "tree/b.csv", "tree/deep/c.csv"]:
    bucket.blob(name).upload_from_string(name)
assert [b.name for b in client.list_blobs(bucket, prefix="tree/", page_size=2)] == [
    "tree/a.csv",
    "tree/b.csv",
    "tree/deep/c.csv",
]
folded = client.list_blobs(bucket, prefix="tree/", delimiter="/")
assert [b.name for b in folded] == ["tree/a.csv", "tree/b.csv"] and folded.prefixes == {"tree/deep/"}
assert [b.name for b in client.list_blobs(bucket, match_glob="tree/**.csv", max_results=2)] == [
    "tree/a.csv",
    "tree/b.csv",
]
assert [b.name for b in client.list_blobs(bucket, start_offset="tree/b", end_offset="tree/d")] == [
    "tree/b.csv"
]

# A signed URL, signed by the server's account as IAM would sign it.
account = json.load(urllib.request.urlopen(f"{url}/signing-account"))


class Account:
    signer_email = account["email"]

    def sign_bytes(self, message):
        body = json.dumps({"payload": base64.b64encode(message).decode()}).encode()
        request = urllib.request.Request(f"{url}/signing-account/sign", body)
        return base64.b64decode(json.load(urllib.request.urlopen(request))["signedBlob"])


from google.auth import credentials as auth


class Signing(AnonymousCredentials, auth.Signing):
    signer = None
    signer_email = account["email"]

    def sign_bytes(self, message):
        return Account().sign_bytes(message)


signed = blob.generate_signed_url(60, version="v4", credentials=Signing(), api_access_endpoint=url)
assert urllib.request.urlopen(signed).read() == b"hello"
try:
    urllib.request.urlopen(signed.replace("Expires=60", "Expires=61"))
    raise AssertionError("it was expected to fail")
except urllib.error.HTTPError as error:
    assert error.code == 403, error

# Many at once, then all.
with client.batch():
    bucket.blob("tree/a.csv").delete()
    bucket.blob("tree/b.csv").delete()
assert [b.name for b in client.list_blobs(bucket, prefix="tree/")] == ["tree/deep/c.csv"]
refused(exceptions.NotFound, lambda: bucket.blob("absent").delete())
bucket.delete(force=True)
assert client.lookup_bucket("python-work") is None
print("done")
