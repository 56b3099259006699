"""How the life that is left of an appliance is said to its owner."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from flask import Flask, get_template_attribute
from flask_babel import force_locale


@pytest.mark.parametrize(
    ("share", "said"),
    [
        ("0.563", "<strong>按标准的安全使用年限</strong>：还剩约 56%"),
        ("0.004", "<strong>按标准的安全使用年限</strong>：还剩约 1%"),
        ("0", "<strong>按标准的安全使用年限</strong>：已经超过"),
        ("-0.250", "<strong>按标准的安全使用年限</strong>：已经超过"),
    ],
)
def test_the_life_left_is_said_in_household_words(app: Flask, share: str, said: str) -> None:
    item = SimpleNamespace(key="life_ratio", name={"zh": "剩余年限比", "en": "Ratio of life left"}, value=share, value_name=None)
    with app.test_request_context("/"), force_locale("zh"):
        assert str(get_template_attribute("components/finding.html", "told")(item)).strip() == said
