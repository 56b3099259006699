"""What the estimator refuses: a table from which nothing sound can be learned, a model whose bytes were changed."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ColumnsRefused", "ModelRefused", "PricingError", "TableRefused"]


class PricingError(Exception):
    """Base of the refusals. `code` is stable, `detail` holds what a machine needs to point at the fault."""

    code = "pricing"

    def __init__(self, message: str, **detail: object) -> None:
        self.detail: dict[str, object] = detail
        super().__init__(message)

    def to_plain(self) -> Mapping[str, object]:
        """The refusal as JSON: `error`, `message` and the details by name."""
        return {"error": self.code, "message": str(self), **self.detail}


class ColumnsRefused(PricingError):
    """A description of columns that is not valid. `detail["key"]` names the key of the YAML."""

    code = "columns"


class TableRefused(PricingError):
    """A table that cannot be read, or from which nothing sound can be learned. `detail["report"]` says why by column."""

    code = "table"


class ModelRefused(PricingError):
    """A model folder that is incomplete or was changed. `detail["file"]` names the file."""

    code = "model"
