"""Parts of addresses, and addresses to send a reader on to."""

from __future__ import annotations

from urllib.parse import quote

# One part of a path, as it stands in the address (already quoted).
SEGMENTS: list[str] = [
    "0", "-1", "1", "00", "1.0", "1e3", "0x1", "+1", "%201", "2147483648", "9223372036854775807", "9223372036854775808",
    "18446744073709551616", "1" + "0" * 40, "9" * 400, "-9223372036854775809", "NaN", "Infinity", "null", "undefined", "None", "true", "false",
    "%00", "a%00b", "%0a", "%0d%0aSet-Cookie:%20a=b", "%1b", "%7f", "%c2%85", "%e2%80%ae", "%e2%80%8b", "%ed%a0%80", "%ff", "%fe%ff", "%c0%ae%c0%ae",
    ".", "..", "...", "%2e%2e", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%2f..%2fkeys%2fsecret", "%252e%252e%252f", "..%5c..%5c", "%2fetc%2fpasswd", "%5c",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E", "'", "%27%20OR%20%271%27=%271", "%27;DROP%20TABLE%20listing;--",
    "1%20UNION%20SELECT%201", "%25", "%25s%25n", "%", "%zz", "%7B%7B7*7%7D%7D", "$%7B7*7%7D", "%7B0%7D", "*", "?", "%3F", "%23", ";", "a;b=c", "&", "=", "@", ":",
    "a" * 25, "a" * 26, "a" * 27, "A" * 26, "0" * 26, "z" * 26, "i" * 26, "u" * 26, "%C3%A9" * 26, "%F0%9F%98%80" * 26, "%D9%A1" * 26, quote("０" * 26), quote("一" * 26),
    "0" * 25 + "%00", "0" * 25 + "%0a", "%20" + "0" * 26, "0" * 26 + "%20", "0" * 26 + ".json", "0" * 26 + "/", "0" * 26 + "%2f", "0" * 26 + ";x",
    "a" * 1000, "a" * 3000, "%61" * 1000, "%F0%9F%98%80" * 300, "con", "aux", "nul", ".git", ".env", ".htaccess", "index.php", "wp-login.php", "admin", "__debug__",
    "console", "new", "edit", "delete", "me", "self", "all", "me%00", "new%0a",
]  # fmt: skip

# Where ``next`` may point to. Only the first list may be followed, and only to the same path here.
OWN = [
    "/",
    "/desk",
    "/search?q=iphone+13",
    "/items/abc?x=1#top",
    "/search?next=//evil.example",
    "/a/%2f%2fevil.example",
    "/?u=https://evil.example",
    "/@evil.example",
]
FOREIGN = [
    "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example", "/\\/evil.example", "https://evil.example",
    "HTTPS://evil.example", "http:evil.example", "https:evil.example", "https:/evil.example", "https:///evil.example", "ftp://evil.example", "javascript:alert(1)",
    "JavaScript:alert(1)", "java\tscript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "file:///etc/passwd", "mailto:a@evil.example",
    "evil.example", "evil.example/", ".evil.example", "@evil.example", "user@evil.example", "?next=//evil.example", "#//evil.example", "", " ", "%2f%2fevil.example",
    " //evil.example", "\t//evil.example", "\n//evil.example", "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "/\x00/evil.example", "/\x0b/evil.example",
    "/x\r\nSet-Cookie: a=b", "/x\r\n\r\n<script>alert(1)</script>", "/x\nLocation: //evil.example", "/x\x00", "/x\x7f", "/" + "a" * 600, "\u2028//evil.example",
    "／／evil.example", "⁄⁄evil.example", "http://127.0.0.1:8000@evil.example", "http://127.0.0.1:8000.evil.example", "//127.0.0.1:8000@evil.example", "//evil.example%2f@127.0.0.1",
    "http://[::1", "http://[evil", "//[", "https://evil.example\\@127.0.0.1", "null", "undefined", "..//evil.example", "./evil", "*", "/x\\y",
]  # fmt: skip
TARGETS = [*((target, True) for target in OWN), *((target, False) for target in FOREIGN)]
