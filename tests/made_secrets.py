"""Made-up keys, and numbers and addresses of people, for the tests of redaction."""

from __future__ import annotations

from pydantic import SecretStr

from assistant.tracing.redaction import Redaction
from assistant.tracing.settings import TraceSettings

SETTINGS = TraceSettings(
    comet_api_key=SecretStr("cometKEY12345abc"),
    opik_api_key=SecretStr("opikKEY12345abc"),
    student_number=r"\b[A-Z]\d{7}\b",
    secrets=(SecretStr('zz"Top/Secret!'), SecretStr("zz")),
)
LEAVING = Redaction(SETTINGS, everything=True)
KEPT = Redaction(SETTINGS, everything=False)
# In pieces, so that no scanner of repositories takes them for keys.
SK = "sk-" + "proj-abc_DEF-12345678901234567890"
GITHUB = "ghp" + "_abcdefghijklmnopqrstuvwxyz0123456789"
JWT = "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF123_-xyz"
PEM = "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIEabc+/=\nMIIEdef\n-----END RSA PRIVATE" + " KEY-----"

KEYS = [
    SK,
    "sk-" + "ant-api03-abcdefghijk-LMNOP_qrstuv",
    GITHUB,
    "github" + "_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz",
    "AKIA" + "IOSFODNN7EXAMPLE",
    "AIza" + "SyA-1234567890abcdefghijklmnopqrstu",
    "xoxb" + "-123456789012-abcdefghijklmnop",
    "hf" + "_abcdefghijklmnopqrstuvwxyzABCDEF",
    JWT,
    PEM,
    "cometKEY12345abc",
    "opikKEY12345abc",
    'zz"Top/Secret!',
]
NAMED = [
    ("api_key={}", "abc123def456"),
    ("OPENAI_API_KEY={}", "abc123def456"),
    ("aws_secret_access_key = {}", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("API-Key: '{}'", "abc123def"),
    ('"api_key": "{}"', "abc123def"),
    (r"{{\"api_key\": \"{}\"}}", "abc123def"),
    (r"api\_key={}", "abcdef12345"),
    ("<b>api_key</b>={}", "abcdef12345"),
    ('"password": "{}"', "my pass phrase, with (spaces)"),
    ("password={}", "hunter2"),
    ("**password**: {}", "hunter2"),
    ("passphrase: {}", "correcthorse"),
    ("postgresql://reader:{}@db.example.org/x", "pa55word"),
    ("http://reader:{}@db/x", "p@ss:w0rd"),
    ("Authorization: Bearer {}", "abcdef123456ghijkl"),
    ("Authorization: Basic {}", "dXNlcjpwYXNzd29yZA=="),
    ("?api_key={}&top_k=3", "abcdef0123"),
    ('"access_token": "{}"', "ya29.a0AfH6SMB-abc123"),
    ("token={}", "abc123def456ghi"),
]
PEOPLE = {
    "[e-mail]": [
        "me@example.org",
        "Jörg.Müller+kurs@mail.uni-köln.de",
        "me%40example.org",
        "root@server.example.org",
    ],
    "[phone]": [
        "+49 30 1234567",
        "+49 (0)30 123-4567",
        "+1 (415) 555-2671",
        "+14155552671",
        "+33 6 12 34 56 78",
        "0049 30 1234567",
        "(415) 555-2671",
        "415-555-2671",
        "030/1234567",
        "0171 123 45 67",
        "020 7946 0958",
        "06.12.34.56.78",
        "01711234567",
    ],
    "[student number]": ["A1234567"],
}
