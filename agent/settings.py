"""The environment, typed and read once."""

import json
import os
import re
import secrets
from decimal import Decimal
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from guardrails.pii.declared import ORDER_PATTERN
from guardrails.retention import Retention

#: The providers whose models are known to work here, as LiteLLM names them.
PROVIDERS = ("openai", "anthropic", "gemini", "ollama", "hosted_vllm")

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class UnsafeSettingsError(Exception):
    """Off loopback the demo's open doors stay shut: set the secrets and a staff password first."""


class Settings(BaseSettings):
    """Everything that can be set; the defaults run the demo on this machine alone."""

    model_config = SettingsConfigDict(env_prefix="", env_file=None, frozen=True)

    firstcontact_home: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = 8000
    lab_port: int = 8001
    redis_url: str = ""
    database_url: str = ""
    shop_database_url: str = ""
    #: The same database with a credential that may write; the one above then needs to read only.
    shop_write_database_url: str = ""
    #: A company's own systems of record behind the REST contract (`tools/systems/openapi.json`), in place of the shop.
    shop_api_url: str = ""
    shop_read_token: SecretStr | None = None
    shop_write_token: SecretStr | None = None
    smtp_host: str = ""
    smtp_port: int = 25
    mail_sender: str = "care@larkspur.example"
    #: Origins of shop pages that may open the chat, comma separated; the server's own is always one.
    shop_origins: str = ""
    site_secret: SecretStr | None = None
    session_secret: SecretStr | None = None
    seal_key: SecretStr | None = Field(default=None, description="32 bytes as 64 hex digits")
    staff_password: SecretStr | None = None
    company: str = "Larkspur"
    #: A file of tools/helpdesk; each reads its own settings.
    helpdesk: str = "embedded"
    #: A regular expression of the order and receipt numbers that redaction leaves; every other id is masked.
    order_pattern: str = ORDER_PATTERN
    lease_seconds: float = 10.0
    claim_seconds: float = 10.0
    sweep_seconds: float = 1.0
    #: How long a conversation stays in Redis after its last event.
    retention_seconds: int = 7 * 24 * 3600
    #: How long everything else stays: RETENTION='{"archive_days": 30}'.
    retention: Retention = Retention()
    log_level: str = "INFO"
    #: A hosted model reads messages: "openai/gpt-4o-mini"; empty for the embedded one.
    model: str = ""
    #: For a server of one's own; each provider's usual address otherwise.
    model_base_url: str = ""
    #: Each provider's usual environment variable counts too.
    model_api_key: SecretStr | None = None
    #: Seconds for one call with its retry.
    model_timeout: float = Field(default=8.0, gt=0, le=60)
    #: Seconds for which a model is left alone after three faults in a row.
    model_rest: float = Field(default=30.0, ge=0)
    #: Who words the replies: the texts as they are, or the model, checked sentence by sentence.
    phrasing: Literal["template", "model"] = "template"
    #: What models may use in a day (UTC), in tokens and in US dollars; the embedded one answers for the rest of it.
    daily_tokens: int = Field(default=2_000_000, ge=0)
    daily_money: Decimal = Field(default=Decimal(10), ge=0)

    @model_validator(mode="after")
    def _a_model_that_can_be_asked(self) -> Self:
        provider, _, name = self.model.partition("/")
        if self.model and (provider not in PROVIDERS or not re.fullmatch(r"\S+", name)):
            raise ValueError(
                f"MODEL is a provider and a model, as in openai/gpt-4o-mini; one of {', '.join(PROVIDERS)}."
            )
        if self.phrasing == "model" and not self.model:
            raise ValueError("PHRASING=model needs MODEL to be set.")
        return self

    @property
    def home(self) -> Path:
        """Return the folder of everything that is made at run time."""
        return self.firstcontact_home.absolute()

    @property
    def on_loopback(self) -> bool:
        """Answer whether only this machine can reach the server."""
        return self.host in _LOOPBACK

    @property
    def demo(self) -> bool:
        """Answer whether desk and lab open with a person picker instead of a login."""
        return self.on_loopback and self.staff_password is None

    @property
    def sql_url(self) -> str:
        """Return the URL of our own records."""
        return self.database_url or f"sqlite+aiosqlite:///{self.home / 'firstcontact.db'}"

    @property
    def shop_url(self) -> str:
        """Return the URL of the demo shop's database: somebody else's system."""
        return self.shop_database_url or f"sqlite+aiosqlite:///{self.home / 'larkspur.db'}"

    @property
    def redis_socket(self) -> Path:
        """Return the socket of the embedded Redis."""
        return self.home / "redis" / "redis.sock"

    def origins(self) -> tuple[str, ...]:
        """Return the origins whose pages may open the chat."""
        own = tuple(f"http://{host}:{self.port}" for host in ("localhost", "127.0.0.1")) if self.on_loopback else ()
        return own + tuple(one.strip() for one in self.shop_origins.split(",") if one.strip())

    def keys(self) -> "Keys":
        """Return the secrets: the set ones, or on loopback the ones this folder made for itself."""
        given = {"site": self.site_secret, "session": self.session_secret, "seal": self.seal_key}
        missing = [name for name, value in given.items() if value is None]
        if missing and not self.on_loopback:
            raise UnsafeSettingsError(
                "Set SITE_SECRET, SESSION_SECRET, SEAL_KEY and STAFF_PASSWORD before serving beyond this machine."
            )
        kept = _own_secrets(self.home / "secrets.json") if missing else {}
        values = {name: value.get_secret_value() if value else kept[name] for name, value in given.items()}
        return Keys(site=values["site"], session=values["session"], seal=bytes.fromhex(values["seal"]))

    def refuse_if_open(self) -> None:
        """Raise where the demo's open desk could be reached by others."""
        if not self.on_loopback:
            if self.staff_password is None:
                raise UnsafeSettingsError("Set STAFF_PASSWORD before serving beyond this machine.")
            self.keys()


class Keys:
    """The three secrets; printing them shows nothing."""

    def __init__(self, *, site: str, session: str, seal: bytes) -> None:
        self.site = site
        self.session = session
        self.seal = seal


def _own_secrets(path: Path) -> dict[str, str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        made = {name: secrets.token_hex(32) for name in ("site", "session", "seal")}
        partial = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump(made, file)
        # Linking fails where another process was first: its secrets count.
        try:
            os.link(partial, path)
        except FileExistsError:
            pass
        finally:
            partial.unlink()
    loaded: dict[str, str] = json.loads(path.read_text())
    return loaded
