"""The audit for somebody who only opens a file: what lies in the folder is checked, and the verdict is written beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.credit.log.auditing import audit
from app.credit.log.errors import LogError
from app.credit.log.policies import read_policy
from app.credit.log.verdicts import in_words, printable

TRUST, LAST, REPORT = "trust.policy", "last.checkpoint", "信用记录-核验报告.html"
NO_CASE = "没有找到案卷：请把一个案卷文件（.zip）和本工具放在同一个文件夹里。"
MANY_CASES = "这个文件夹里有几个案卷文件，请只留下要核验的一个："
NO_TRUST = f"没有找到信任文件 {TRUST}：请向主管部门索取（不要用平台随案卷给您的那一份），和案卷放在同一个文件夹里。"


def run(folder: Path, say: Callable[[str], None] = print) -> int:
    """Check the only case of the folder and write the report. 0 sound, 1 findings, 2 evidence invalid or nothing to check."""
    cases = sorted(folder.glob("*.zip"))
    if len(cases) != 1:
        say(f"{MANY_CASES}\n" + "\n".join(case.name for case in cases) if cases else NO_CASE)
        return 2
    if not (folder / TRUST).is_file():
        say(NO_TRUST)
        return 2
    last = folder / LAST
    say(f"正在核验 {cases[0].name} ……" + (f"（与上次保存的检查点 {LAST} 比对）" if last.is_file() else ""))
    try:
        trust = read_policy((folder / TRUST).read_text(encoding="utf-8"))
        report = audit(cases[0].read_bytes(), trust, last.read_text(encoding="utf-8") if last.is_file() else None)
    except (LogError, OSError, UnicodeDecodeError) as trouble:
        say(f"文件无法读取，没有得出结论：{trouble}")
        return 2
    said = report.as_data()
    say(in_words(said))
    try:
        (folder / REPORT).write_text(printable(said), encoding="utf-8")
    except OSError as trouble:
        say(f"报告没能写入（{trouble}）：请把以上文字抄下，或换一个可以写入的文件夹。")
        return report.exit_code
    say(f"可打印的报告：{REPORT}")
    return report.exit_code
