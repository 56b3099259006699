"""Settings of one running marketplace, read once from the environment and passed in.

Every setting is named ``XUNYI_<NAME>``. Secrets may also lie in files below ``keys/`` of the data directory;
outside production they are made on first use, in production a missing secret stops the start.
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

BANK_COLUMNS = {"number", "day", "amount", "currency", "name", "account", "memo"}  # what a row of a bank's statement says


class Settings(BaseSettings):
    """One frozen set of settings. Amounts in fen, rates in basis points, times as the name says."""

    model_config = SettingsConfigDict(env_prefix="XUNYI_", frozen=True, extra="ignore")

    env: Literal["development", "test", "production"] = Field("development", description="development, test or production")
    data_dir: Path = Field(
        Path("instance"), description="where everything is written: db, queue, media, index, keys, mail, sandbox"
    )
    database_url: str = Field("", description="empty: SQLite below the data directory; or postgresql://...")
    redis_url: str = Field(
        "", description="redis://... or unix://...: reading is counted there and limited; empty: reading is not limited"
    )
    base_url: str = Field("http://127.0.0.1:8000", description="public address; links in mails are built from it")
    trusted_hosts: tuple[str, ...] = Field((), description="host names answered besides that of base_url (JSON list)")
    secret_key: str = Field("", description="signs tokens; at least 32 characters; required in production")
    mail_url: str = Field("folder:", description="folder: (files below mail/) or smtp://user:password@host:port, smtps://...")
    mail_from: str = Field("notices@xunyi.example", description="sender address of mails")
    payment_provider: Literal["sandbox", "stripe", "bank", "split"] = Field("sandbox", description="which payment door is used")
    stripe_key: SecretStr = Field(
        SecretStr(""), description="secret key of the platform at Stripe; sk_test_... moves no real money"
    )
    stripe_webhook_secrets: tuple[SecretStr, ...] = Field(
        (), description="secrets of the webhook endpoints at Stripe (JSON list): any of them may have signed"
    )
    stripe_country: str = Field("", description="two letters: the country of receivers' accounts at Stripe, such as hk")
    stripe_api_url: str = Field(
        "", description="another server than Stripe's own, for trials on one machine; never in production"
    )
    bank_holder: str = Field("循易测试账户", description="to whom people transfer money when payments go through the bank door")
    bank_account: str = Field("TEST 0000 0000 0001", description="the account's number at the test bank")
    bank_name: str = Field("测试银行（并非真实银行）", description="how the test bank is called on pages")
    bank_columns: dict[str, str] = Field(
        {}, description="heads of this bank's statements that we do not know (JSON: column to head), such as number or amount"
    )
    bank_pay_hours: int = Field(
        48, ge=1, le=24 * 14, description="hours a reserved item waits for a transfer through the bank door"
    )
    split_freeze_days: int = Field(
        180, ge=1, le=3650, description="days after which the split simulation frees an order by itself"
    )
    split_requests: int = Field(
        20, ge=1, le=1000, description="requests of sharing that the split simulation takes for one order"
    )
    split_receivers: int = Field(5, ge=1, le=1000, description="receivers that the split simulation takes in one request")
    webhook_url: str = Field("", description="where the sandbox posts its events; empty: base_url + /payments/webhooks/sandbox")
    fee_bp: int = Field(200, ge=0, le=2000, description="platform fee of a sale, basis points, paid by the seller")
    pay_minutes: int = Field(30, ge=1, description="how long a reserved item waits for the payment, minutes")
    ship_days: int = Field(7, ge=1, description="days a paid order waits for shipping before it is cancelled")
    no_receipt_days: int = Field(10, ge=1, description="days after shipping without a confirmation before staff look at it")
    appliance_acceptance_days: int = Field(7, ge=1, description="days (of Asia/Shanghai) a buyer of an appliance may check it")
    acceptance_hours: int = Field(72, ge=1, description="hours a buyer of a phone may check it after receiving it")
    return_days: int = Field(7, ge=1, description="days a buyer has to send a refunded item back once the address is named")
    demo_signer: bool = Field(
        True, description="the operator signs reports for appraisers without a key, and each says so; never in production"
    )
    peer_review_first: int | None = Field(
        None,
        ge=0,
        le=1000,
        description="so many first reports of an appraiser in a category get a second look; empty: 20 in production, else 0",
    )
    peer_review_percent: int | None = Field(
        None, ge=0, le=100, description="percent of reports drawn for a second look before issue; empty: 5 in production, else 0"
    )
    peer_review_above_fen: int | None = Field(
        None,
        ge=0,
        description="things worth more get a second look, fen; 0: no limit; empty: 5000000 (50,000 yuan) in production, else 0",
    )
    reinspection_percent: int | None = Field(
        None, ge=0, le=100, description="percent of reports drawn for a blind re-inspection; empty: 3 in production, else none"
    )
    reinspections_a_month: int | None = Field(
        None, ge=0, le=100, description="re-inspections per appraiser and month, at least; empty: 3 in production, else 0"
    )
    offer_hours: int = Field(24, ge=1, le=24 * 14, description="hours in which an offer can be answered, counted from each offer")
    offer_pay_hours: int = Field(24, ge=1, le=24 * 7, description="hours for paying after an offer was accepted")
    offers_a_day: int = Field(5, ge=1, le=100, description="negotiations that a buyer can begin per day and category")
    offer_least_percent: int = Field(30, ge=1, le=99, description="the least offer, percent of the asking price")
    log_key_file: str = Field(
        "",
        description="private key of the credit log, read by the worker only; empty: keys/credit-log.key, made outside production",
    )
    checkpoint_minutes: int = Field(10, ge=1, le=1440, description="the log is signed again at the latest after so many minutes")
    listing_days: int = Field(60, ge=1, description="days a listing stays on sale")
    max_upload_mb: int = Field(25, ge=1, le=100, description="largest upload request, MB")
    threads: int = Field(16, ge=1, le=64, description="threads of one web process; also the size of a database pool")
    pages_at_once: int = Field(
        2, ge=1, le=64, description="pages that one web process puts together at once; its other threads receive and send"
    )
    web_processes: int = Field(2, ge=1, le=16, description="web processes")
    proxy_hops: int = Field(0, ge=0, le=3, description="trusted reverse proxies in front (exact number)")
    password_time_cost: int = Field(3, ge=1, le=10, description="argon2id time cost")

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least important lines that are written")
    log_format: Literal["", "json", "text"] = Field("", description="json or text; empty: text in development, else json")
    slow_query_ms: int = Field(100, ge=0, description="database statements that take longer are logged without values; 0: none")
    metrics_token: str = Field(
        "", description="opens /metrics to others than this machine; at least 32 characters; empty: to nobody"
    )
    ready_disk_percent: int = Field(5, ge=0, le=50, description="/readyz says no when less of the disk is free, percent")
    ready_lag_seconds: int = Field(300, ge=1, description="/readyz says no when the worker is later than this with news, seconds")
    ledger_check_minutes: int = Field(60, ge=1, description="how often the worker verifies the ledger, minutes")

    @property
    def time_to_pay(self) -> int:
        """Minutes that a reserved item waits for its payment: a transfer takes longer than a checkout."""
        return self.bank_pay_hours * 60 if self.payment_provider == "bank" else self.pay_minutes

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    @property
    def reinspection_share(self) -> int:
        """Percent. Outside production nothing is drawn unless asked for: a chance hit would change what is shown or tried."""
        return self._in_production(self.reinspection_percent, 3)

    @property
    def least_reinspections(self) -> int:
        return self._in_production(self.reinspections_a_month, 3)

    @property
    def has_demo_signer(self) -> bool:
        return self.demo_signer and not self.is_production

    @property
    def review_first(self) -> int:
        return self._in_production(self.peer_review_first, 20)

    @property
    def review_percent(self) -> int:
        return self._in_production(self.peer_review_percent, 5)

    @property
    def review_above_fen(self) -> int:
        return self._in_production(self.peer_review_above_fen, 5_000_000)

    def _in_production(self, given: int | None, otherwise: int) -> int:
        """What was set; else a default that only production has: the demo shows a report at once."""
        return given if given is not None else otherwise if self.is_production else 0

    @property
    def is_development(self) -> bool:
        return self.env == "development"

    @property
    def logs_json(self) -> bool:
        return self.log_format == "json" or (not self.log_format and not self.is_development)

    @property
    def is_secure(self) -> bool:
        """Whether the public address is https: decides cookies' names and flags."""
        return self.base_url.startswith("https://")

    @property
    def db_url(self) -> str:
        return self.database_url or f"sqlite:///{self.folder('db') / 'xunyi.sqlite3'}"

    @property
    def webhook_address(self) -> str:
        return self.webhook_url or f"{self.base_url.rstrip('/')}/payments/webhooks/sandbox"

    @property
    def hosts(self) -> list[str]:
        own = urlsplit(self.base_url).hostname or "127.0.0.1"
        local = [] if self.is_production else ["127.0.0.1", "localhost", "[::1]"]
        return list(dict.fromkeys([own, *self.trusted_hosts, *local]))

    def folder(self, name: str) -> Path:
        """A folder below the data directory, made on first use and closed to others."""
        path = self.data_dir.resolve() / name
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def secret(self, name: str) -> bytes:
        """32 secret bytes for one purpose: from ``XUNYI_<NAME>_KEY`` or ``keys/<name>``; made on first use outside production."""
        given = os.environ.get(f"XUNYI_{name.upper()}_KEY", "")
        if given:
            raw = given.encode()
            if len(raw) < 32:
                raise ConfigError(f"XUNYI_{name.upper()}_KEY is shorter than 32 characters")
            return raw
        if name == "secret" and self.secret_key:
            if len(self.secret_key) < 32:
                raise ConfigError("XUNYI_SECRET_KEY is shorter than 32 characters")
            return self.secret_key.encode()
        path = self.folder("keys") / name
        if not path.exists():
            if self.is_production:
                raise ConfigError(f"no secret {name!r}: set XUNYI_{name.upper()}_KEY or write the file {path}")
            _write_once(path, base64.urlsafe_b64encode(secrets.token_bytes(32)))
        return path.read_bytes()

    def check(self) -> None:
        """Refuse to start in production on settings that are not safe.

        Raises ConfigError naming the setting.
        """
        if self.metrics_token and len(self.metrics_token) < 32:
            raise ConfigError("XUNYI_METRICS_TOKEN is shorter than 32 characters")
        self._check_stripe()
        self._check_bank()
        if not self.is_production:
            return
        if not self.is_secure:
            raise ConfigError("XUNYI_BASE_URL must start with https:// in production")
        if not os.environ.get("XUNYI_TRUSTED_HOSTS"):
            raise ConfigError("XUNYI_TRUSTED_HOSTS must be set in production")
        if ":memory:" in self.db_url:
            raise ConfigError("XUNYI_DATABASE_URL must not be an in-memory database in production")
        for name in ("secret", "seal", "webhook"):
            self.secret(name)

    def _check_bank(self) -> None:
        if unknown := set(self.bank_columns) - BANK_COLUMNS:
            raise ConfigError(f"XUNYI_BANK_COLUMNS names no column of ours: {', '.join(sorted(unknown))}")
        if self.payment_provider == "bank" and not all((self.bank_holder, self.bank_account, self.bank_name)):
            raise ConfigError("XUNYI_BANK_HOLDER, XUNYI_BANK_ACCOUNT and XUNYI_BANK_NAME must not be empty")

    def _check_stripe(self) -> None:
        if self.payment_provider != "stripe":
            return
        if not self.stripe_key.get_secret_value():
            raise ConfigError("XUNYI_STRIPE_KEY must be set when payments go through Stripe")
        secrets_given = [each.get_secret_value() for each in self.stripe_webhook_secrets]
        if not secrets_given or any(len(each) < 16 for each in secrets_given):
            raise ConfigError(
                "XUNYI_STRIPE_WEBHOOK_SECRETS must hold the secret of each endpoint when payments go through Stripe"
            )
        if len(self.stripe_country) != 2:
            raise ConfigError("XUNYI_STRIPE_COUNTRY must be two letters when payments go through Stripe")
        if self.stripe_api_url and self.is_production:
            raise ConfigError("XUNYI_STRIPE_API_URL is for trials: it must be empty in production")


class ConfigError(RuntimeError):
    """A setting is missing or unsafe; the text names it."""


def _write_once(path: Path, content: bytes) -> None:
    """Create the file with this content unless another process was first; readers never see half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
