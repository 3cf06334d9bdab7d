"""A name server on port 53 of this machine's loopback that knows one name: from-dns.example is 127.0.0.10.

The file that is named as argument is made once it listens.
"""

import pathlib
import socket
import struct
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
pathlib.Path(sys.argv[1]).touch()
while True:
    asked, client = server.recvfrom(512)
    question = asked[12:]
    labels, at = [], 0
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode())
        at += 1 + question[at]
    (kind,) = struct.unpack(">H", question[at + 1 : at + 3])
    known = ".".join(labels) == "from-dns.example"
    answer = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x7f\0\0\x0a" if known and kind == 1 else b""
    flags = b"\x81\x80" if known else b"\x81\x83"
    counts = struct.pack(">HHHH", 1, 1 if answer else 0, 0, 0)
    server.sendto(asked[:2] + flags + counts + question[: at + 5] + answer, client)
