"""Prints what Python's email package finds in each file named on the command line, one JSON object a line.

Each is parsed with the strict policy, which raises what it objects to, and its defects are listed."""
import email
import email.policy
import hashlib
import json
import sys


def addresses(message, field):
    value = message[field]
    return [[a.display_name, a.addr_spec] for a in value.addresses] if value else []


def lines(part):
    return part.get_content().replace("\r\n", "\n") if part else ""


for name in sys.argv[1:]:
    with open(name, "rb") as f:
        message = email.message_from_bytes(f.read(), policy=email.policy.strict)
    defects = []
    for part in message.walk():
        defects += [repr(d) for d in part.defects]
        for field, value in part.items():
            defects += [f"{field}: {d!r}" for d in getattr(value, "defects", [])]
    text = message.get_body(preferencelist=("plain",))
    page = message.get_body(preferencelist=("html",))
    files = []
    for part in message.iter_attachments():
        content = part.get_content()
        if isinstance(content, email.message.Message):
            content = content.as_bytes()
        if isinstance(content, str):
            content = content.encode()
        files.append([part.get_filename() or "", part.get_content_type(), hashlib.sha256(content).hexdigest()])
    print(json.dumps({
        "defects": defects,
        "type": message.get_content_type(),
        "from": addresses(message, "from"), "to": addresses(message, "to"), "cc": addresses(message, "cc"),
        "fields": sorted({f.lower() for f in message.keys()}),
        "subject": message["subject"] or "",
        "in_reply_to": message["in-reply-to"] or "", "references": message["references"] or "",
        "text": lines(text), "page": lines(page),
        "files": files,
    }))
