"""``python -m tests.fakes.stripe --webhook URL``: the fake on loopback, until it is stopped. For trials and browser tests.

Start the marketplace with XUNYI_PAYMENT_PROVIDER=stripe, XUNYI_STRIPE_KEY=sk_test_fake, XUNYI_STRIPE_COUNTRY=hk,
XUNYI_STRIPE_API_URL and XUNYI_STRIPE_WEBHOOK_SECRETS as this program prints them.
"""

from __future__ import annotations

import argparse
import threading
import time

import requests
from werkzeug.serving import make_server

from tests.fakes.stripe.core import FakeStripe
from tests.fakes.stripe.faces import application


def send_events(fake: FakeStripe, address: str, stop: threading.Event) -> None:
    """Post what is due every third of a second."""
    with requests.Session() as session:
        session.trust_env = False

        def post(raw: bytes, header: str) -> int:
            head = {"Content-Type": "application/json", "Stripe-Signature": header}
            return session.post(address, data=raw, headers=head, timeout=10, allow_redirects=False).status_code

        while not stop.wait(0.3):
            fake.events.deliver(post, now=time.time())


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--port", type=int, default=12111)
    words.add_argument("--webhook", default="http://127.0.0.1:8000/payments/webhooks/stripe")
    chosen = words.parse_args()
    fake = FakeStripe(site=f"http://127.0.0.1:{chosen.port}")
    print(f"XUNYI_STRIPE_API_URL={fake.site} XUNYI_STRIPE_WEBHOOK_SECRETS='[\"{fake.events.secret}\"]'", flush=True)
    stop = threading.Event()
    threading.Thread(target=send_events, args=(fake, chosen.webhook, stop), daemon=True).start()
    make_server("127.0.0.1", chosen.port, application(fake), threaded=True).serve_forever()


if __name__ == "__main__":
    main()
