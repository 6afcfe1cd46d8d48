"""Reads the messages named on standard input with Python's email package and
prints each defect that it finds: in the structure, in any header, in any text."""
import email
import email.policy
import sys

for path in sys.stdin.read().splitlines():
    with open(path, "rb") as f:
        raw = f.read()
    header = raw.partition(b"\r\n\r\n")[0]
    encoded = all(octet < 128 for octet in header)
    message = email.message_from_bytes(raw, policy=email.policy.default)
    for part in message.walk():
        for defect in part.defects:
            print(path, part.get_content_type(), repr(defect))
        for name, value in part.items():
            for defect in getattr(value, "defects", ()):
                if encoded or part is not message:
                    print(path, name, repr(defect))
        if part.get_content_maintype() == "text":
            raw_text = part.get_payload(decode=True)
            try:
                empty = not raw_text.decode(part.get_content_charset("us-ascii")).strip()
            except UnicodeDecodeError as e:
                print(path, e)
            else:
                if empty:
                    print(path, "has an empty text part")
        for defect in part.defects:
            print(path, part.get_content_type(), repr(defect))
