"""What an audit found, in Chinese words for people: as text, and as a page to print that needs nothing around it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

VERDICTS = {
    "sound": "全部成立：证据完整，评分与记录一致。",
    "findings": "证据有效，但有需要查问的事项。",
    "invalid": "证据无效：有内容被改动、缺失或不能证明。",
}
CODES = {
    "archive": "案卷文件不安全，或生成后被改动",
    "forked": "日志被分叉：与上次保存的检查点不能同时成立，请保留两份文件",
    "size": "长度不符",
    "signature": "签名不成立",
    "no_known_signature": "没有受信任的签名",
    "no_quorum": "见证人不足",
    "another_log": "不是这本日志",
    "event": "记录的形式不对",
    "time": "时间顺序可疑",
    "missing": "缺少记录",
    "surplus": "多出记录",
    "root": "记录与签名的根不符",
    "earlier_checkpoint": "以前的检查点不成立",
    "inclusion": "记录不在签名的日志里",
    "chain": "前后记录不相连",
    "heads": "“没有更多记录”的证明不成立",
    "rules": "评分规则不是日志所公布的",
    "score": "评分与记录不一致",
    "notice": "规则公布不足七天即生效",
    "objection": "违规记录没有留出异议时间",
    "platform": "平台自己的记录与日志不一致",
    "review": "评价没有按时公开，或公开的与密封的不一致",
    "finding": "主管部门的认定缺少签名原文，或与签名的内容不符",
    "authority": "信任文件里没有主管部门的公钥，不能确认是谁签的",
    "repair_early": "信用修复早于规定的最短公示期",
    "unreadable": "案卷内容无法读取",
    "daily": "有的日子没有记下各主体的末条记录",
}
LEVELS = {"invalid": "证据无效", "finding": "发现"}


def in_words(said: Mapping[str, Any]) -> str:
    """The report as text."""
    lines = [VERDICTS[said["verdict"]], *(f"{name}：{value}" for name, value in _facts(said))]
    for each in said["findings"]:
        lines.append(f"- [{LEVELS[each['level']]}] {_what(each)}{_where(each)}：{each['said']}")
    return "\n".join(lines)


def printable(said: Mapping[str, Any]) -> str:
    """The report as a page: prints on A4, opens without a network."""
    facts = "".join(f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in _facts(said))
    rows = "".join(
        f"<tr><td>{LEVELS[each['level']]}</td><td>{html.escape(_what(each))}</td><td>{html.escape(_where(each))}</td>"
        f"<td>{html.escape(each['said'])}</td></tr>"
        for each in said["findings"]
    )
    found = f"<table><tr><th>类别</th><th>事项</th><th>位置</th><th>说明</th></tr>{rows}</table>" if rows else "<p>没有发现。</p>"
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>信用记录核验报告</title><style>@page{size:A4;margin:18mm}'
        "body{font:15px/1.7 sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;color:#1b1f23}"
        "table{border-collapse:collapse;width:100%}"
        "td,th{border:1px solid #ccc;padding:4px 8px;text-align:left;vertical-align:top;overflow-wrap:anywhere}</style>"
        f"<h1>信用记录核验报告</h1><p><strong>{VERDICTS[said['verdict']]}</strong></p><table>{facts}</table><h2>发现</h2>{found}"
        "<p>核验在本机完成，没有访问平台。签名人：____________　日期：____________</p></html>\n"
    )


def _facts(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    whole = said["complete_to"]
    return [
        ("日志", said["origin"] or "未知"),
        ("范围", {"seller": "一个主体", "log": "整本日志"}.get(said["scope"], "未知")),
        ("主体", said["subject"] or "全部"),
        ("截至", said["as_of"] or "未知"),
        ("检查点", f"{said['size']} 条，根 {said['root']}" if said["root"] else "未能核验"),
        ("见证人签名", str(said["witnesses"])),
        ("核验的记录", f"{said['events']} 条"),
        ("重新计算的评分卡", f"{said['cards']} 张"),
        ("完整性", f"前 {whole} 条记录中没有遗漏" if whole is not None else "未能证明没有遗漏"),
    ]


def _what(each: Mapping[str, Any]) -> str:
    return f"{CODES.get(each['code'], '证据不成立')}（{each['code']}）"


def _where(each: Mapping[str, Any]) -> str:
    if each["idx"] is None:
        return ""
    return f"，第 {each['idx']} 条" if each["until"] in (None, each["idx"]) else f"，第 {each['idx']} 至 {each['until']} 条"
