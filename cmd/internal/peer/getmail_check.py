# Reads messages from standard input, each after its length in four octets, and writes what getmail stores of them. The argument
# "mbox" quotes From lines.
import struct, sys

from getmailcore.message import Message


def lines(data):
    """Splits a message as poplib does: at LF, with a CR before it or else one at the start of the line taken off."""
    for line in data.split(b"\n")[:-1]:
        if line.endswith(b"\r"):
            yield line[:-1]
        elif line.startswith(b"\r"):
            yield line[1:]
        else:
            yield line


source, sink = sys.stdin.buffer, sys.stdout.buffer
while length := source.read(4):
    served = source.read(struct.unpack(">I", length)[0])
    stored = Message(fromlines=list(lines(served)) + [b""]).flatten(False, False, mangle_from=sys.argv[1] == "mbox")
    sink.write(struct.pack(">I", len(stored)) + stored)
