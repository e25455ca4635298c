#!/usr/bin/env python3
"""Uses a program at a terminal, as a person does.

    by_hand.py PROGRAM [ARGUMENT...] < STEPS

Each line of STEPS is a JSON list of two strings: what is typed, and a regular expression for what has to appear then, without the terminal's control
sequences. All that appears is printed. The exit code is 1 when something does not appear within a minute.
"""

import fcntl
import json
import os
import pty
import re
import select
import struct
import sys
import termios
import time

LIMIT_S = 60
CONTROL = re.compile(rb"\x1b[\[(][0-9;?]*[a-zA-Z]|\x1b[=>]|\r")


def appears(terminal, expected):
    """Whether it appears in time; prints what does."""
    seen, end = b"", time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            seen += os.read(terminal, 65536)
        except OSError:
            break
        if re.search(expected.encode(), CONTROL.sub(b"", seen)):
            print(CONTROL.sub(b"", seen).decode(errors="replace"), flush=True)
            return True
    print(CONTROL.sub(b"", seen).decode(errors="replace"), flush=True)
    return False


def main():
    steps = [json.loads(line) for line in sys.stdin if line.strip()]
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(sys.argv[1], sys.argv[1:])
    lines, columns = 40, 120
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    for typed, expected in steps:
        os.write(terminal, typed.encode())
        if not appears(terminal, expected):
            sys.exit(f"after {typed!r} there was no {expected!r}")
    os.waitpid(child, 0)


if __name__ == "__main__":
    main()
