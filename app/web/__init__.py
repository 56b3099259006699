"""Shared HTTP tools: policies of routes, begin/look for views, rendering, refusals, headers, forms, languages.

Nouns: Policy, Hub of the request, Form. Verbs: allow, begin, look, render, current_actor.
Knows the kernel only. Slots that others fill: the actor loader, the prover of passwords, and the page shell's counts.
"""

from app.web.access import allow, current_actor, prove_password
from app.web.rendering import render
from app.web.working import begin, hub, look

__all__ = ["allow", "begin", "current_actor", "hub", "look", "prove_password", "render"]
