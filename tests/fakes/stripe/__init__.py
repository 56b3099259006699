"""A stateful Stripe of our own, for tests and trials on one machine: strict about parameters, and with bad luck on demand.

``core`` keeps objects, money and events; ``calls`` answers requests; ``faces`` are the two ways in: in process (an HTTPClient of
the SDK) and over loopback (``python -m tests.fakes.stripe``). It moves no money and is no copy of anybody's pages.
"""

from tests.fakes.stripe.core import FakeStripe, Refusal
from tests.fakes.stripe.faces import InProcess

__all__ = ["FakeStripe", "InProcess", "Refusal"]
