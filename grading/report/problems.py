"""What can be wrong with a report or a key: a stable code, the place as a JSON path, and a sentence in zh and en."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from grading.errors import Words

MESSAGES = MappingProxyType(
    {
        "too_large": Words("文件太大。", "The file is too large."),
        "not_json": Words("不是有效的 JSON 文本。", "This is not JSON text."),
        "too_deep": Words("嵌套过深。", "It is nested too deeply."),
        "twice": Words("同一个名称出现了两次。", "The same name appears twice."),
        "number": Words(
            "只用整数，绝对值小于 2 的 53 次方；小数请写成文字。", "Only whole numbers below 2^53; write others as text."
        ),
        "text": Words("含有不成对的代理字符。", "There is half of a surrogate pair in the text."),
        "value": Words("JSON 里没有这种值。", "JSON has no such value."),
        "not_canonical": Words("字节与规范形式（RFC 8785）不同。", "The bytes are not the canonical form (RFC 8785)."),
        "shape": Words("缺少字段、多出字段，或类型不对。", "A field is missing, unknown or of the wrong type."),
        "instant": Words("时间要写成 2026-11-24T08:00:00Z。", "Write a time as 2026-11-24T08:00:00Z."),
        "key": Words("不是有效的 Ed25519 密钥。", "This is not an Ed25519 key."),
        "passphrase": Words("口令不对，或者需要口令。", "The passphrase is wrong or missing."),
        "kid": Words("密钥编号与公钥不符。", "The key's number does not belong to the public key."),
        "key_unknown": Words("密钥清单里没有这把钥匙。", "This key is not in the list of keys."),
        "key_not_valid": Words("签名时间不在钥匙的有效期内。", "The key was not valid at the time of signing."),
        "signature": Words("签名与内容不符：有一处被改过。", "The signature does not fit the content: something was changed."),
        "signature_missing": Words("缺少一个要求的签名。", "A signature that the report asks for is missing."),
        "signer_differs": Words(
            "签名的钥匙不属于报告所写的人。", "The key that signed does not belong to the person whom the report names."
        ),
        "same_signer": Words("两个签名出自同一个人。", "Two signatures are by the same person."),
        "key_revoked": Words("这把钥匙后来被吊销。", "This key was revoked afterwards."),
        "content_sha256": Words("文件里写的内容哈希与内容不符。", "The hash in the file is not that of the content."),
        "photo_missing": Words("文件夹里没有这张照片，或者它被改过。", "This photo is not in the folder, or was changed."),
        "photo_unknown": Words("这个文件不是报告里的照片，或者被改过。", "This file is no photo of the report, or was changed."),
        "not_here": Words("签名有效，但这里没有登记过这份报告。", "The signatures hold, but no such report was issued here."),
        "scheme_unknown": Words("这里没有报告所用的方案。", "The scheme of this report is not known here."),
        "scheme_differs": Words(
            "这里的方案文件与报告所用的不是同一份（SHA-256 不同）。",
            "The scheme file here is not the one that the report was made with (another SHA-256).",
        ),
        "format_unknown": Words(
            "报告由本程序更新的版本写成，这里不能重新计算。",
            "A newer version of this program wrote this; it cannot be computed again here.",
        ),
        "older_wording": Words(
            "报告由本程序较早的版本写成：已重新计算等级和所有数值，文字说明只由签名保证。",
            "Worded by an older version of this program: grade and figures were computed again, sentences rest on the signature.",
        ),
        "findings": Words("报告里的检测结果无法评级。", "The findings of the report cannot be graded."),
        "differs": Words("与重新计算的结果不同。", "This is not what computing it again gives."),
    }
)


@dataclass(frozen=True, slots=True)
class ReportProblem:
    """One fault. `path`: JSON path in the file (`$.content.result.tier`); `detail`: figures that help to see it."""

    code: str
    path: str
    detail: str = ""

    @property
    def message(self) -> Words:
        """The sentence for people."""
        return MESSAGES[self.code]

    def to_plain(self) -> dict[str, object]:
        """For JSON."""
        plain: dict[str, object] = {"path": self.path, "code": self.code, "message": dict(self.message)}
        return plain | ({"detail": self.detail} if self.detail else {})


class ReportError(Exception):
    """A report, key or list of keys that cannot be used. `problem` says where and why."""

    def __init__(self, code: str, path: str = "$", detail: str = "") -> None:
        self.problem = ReportProblem(code, path, detail)
        super().__init__(f"{path}: {self.problem.message.en}{f' ({detail})' if detail else ''}")

    def __reduce__(self) -> tuple[type[ReportError], tuple[str, str, str]]:
        return (ReportError, (self.problem.code, self.problem.path, self.problem.detail))
