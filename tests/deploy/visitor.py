"""A browser of somebody's, in the machine's network: `python -m tests.deploy.visitor WHAT`, facts as JSON on stdin.

It believes the machine's certificate alone, and prints what it saw as JSON.
"""

import base64
import html
import json
import re
import ssl
import sys
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.fakes import gallery
from tips.crypto import keys

CASE = re.compile(r"/desk/case/([0-9a-f]{32})")
SEEN = ("strict-transport-security", "server", "content-security-policy")


def browser(told: dict[str, Any], host: str) -> httpx.Client:
    """Names are where the machine's own `hosts` has them; outside of it nobody knows them."""
    known = ssl.create_default_context(cadata=told["certificate"])
    client = httpx.Client(
        verify=known, base_url="https://127.0.0.1", headers={"host": host}, trust_env=False, timeout=60
    )
    client.event_hooks["request"].append(lambda request: request.extensions.update(sni_hostname=host))
    return client


def activate(told: dict[str, Any]) -> dict[str, str]:
    with browser(told, told["desk"]) as client:
        page = client.post("/desk/activate", data={"code": told["code"]}).text
    found = re.findall(r'<p class="secret"><code>([^<]+)</code>', page)
    address = re.search(r'<code class="long">([^<]+)</code>', page)
    assert address, page
    return {"passphrase": found[0], "fingerprint": found[1], "totp": html.unescape(address[1])}


def tip(told: dict[str, Any]) -> dict[str, Any]:
    """A tip with a picture, from the first word to the receipt."""
    with browser(told, told["citizens"]) as client:
        first = client.get("/")
        assert client.post("/api/chat", data={"text": told["text"]}).status_code == 200
        picture = {"file": ("a.png", gallery.picture("PNG"), "image/png")}
        given = client.post("/api/chat", files=picture).json()
        sent = client.post("/api/chat", data={"choose": "submit"}).json()
        return {"receipt": sent["receipt"], "given": given, "headers": {name: first.headers.get(name) for name in SEEN}}


def read(told: dict[str, Any]) -> dict[str, Any]:
    """What an officer sees of the one case in their queue."""
    secret = parse_qs(urlsplit(told["totp"]).query)["secret"][0]
    code = keys.totp_code(base64.b32decode(secret + "=" * (-len(secret) % 8)), datetime.now(UTC))
    with browser(told, told["desk"]) as client:
        fields = {"name": told["name"], "passphrase": told["passphrase"], "code": code}
        client.post("/desk/login", data=fields)
        queue = client.get("/desk", follow_redirects=True).text
        case = CASE.search(queue)
        assert case, queue
        page = client.get(f"/desk/case/{case[1]}").text
    return {"page": page}


if __name__ == "__main__":
    done = {"activate": activate, "tip": tip, "read": read}[sys.argv[1]](json.load(sys.stdin))
    print(json.dumps(done))
