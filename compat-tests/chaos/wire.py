#!/usr/bin/env python3
"""The network of a chaos run: one name space for each process, and this program between them, as the cable and the switch.

Each place gets a TUN device in its name space; every packet comes here and goes on, late, or not at all. That needs no module of the kernel, and a
one-way cut is a real one: packets vanish, nobody is told. Arguments: the seed of losses, then NAME=ADDRESS; `host` stays in the name space of this
program. Commands are lines of JSON on the standard input, each answered by `ok`; the end of the input ends the network:

    {"cut": [["jm0", "jm1"]]}                                    packets from jm0 to jm1 vanish from now on
    {"link": {"delay_ms": 50, "jitter_ms": 20, "loss": 0.1}}     every packet from now on
    {"heal": true}                                               neither
"""
import fcntl
import heapq
import json
import os
import random
import selectors
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
LARGEST_PACKET = 1 << 16
# So that one busy place does not keep the others waiting.
PACKETS_IN_A_ROW = 32


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


def device(name, address):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", f"tun-{name}".encode(), IFF_TUN | IFF_NO_PI))
    inside = []
    if name != "host":
        ip("netns", "add", name)
        ip("link", "set", f"tun-{name}", "netns", name)
        inside = ["-n", name]
    ip(*inside, "link", "set", "lo", "up")
    ip(*inside, "addr", "add", f"{address}/24", "dev", f"tun-{name}")
    ip(*inside, "link", "set", f"tun-{name}", "up")
    return fd


class Wire:
    def __init__(self, seed, places):
        self.random = random.Random(seed)
        self.devices = {name: device(name, address) for name, address in places.items()}
        self.names = {bytes(map(int, address.split("."))): name for name, address in places.items()}
        self.cuts = set()
        self.link = None
        # (when, number, device, packet); the number keeps packets of one moment in order.
        self.under_way = []
        self.number = 0
        # When the last packet of a link arrives: a link does not reorder.
        self.last = {}

    def command(self, line):
        command = json.loads(line)
        self.cuts.update(map(tuple, command.get("cut", [])))
        self.link = command.get("link", self.link)
        if command.get("heal"):
            self.cuts.clear()
            self.link = None

    def packet(self, source, packet):
        target = self.names.get(packet[16:20]) if packet[0] >> 4 == 4 else None
        if target is None or (source, target) in self.cuts:
            return
        late = self.last.get((source, target), 0)
        if self.link is None and not late:
            self.deliver(self.devices[target], packet)
            return
        link = self.link or {}
        if self.random.random() < link.get("loss", 0):
            return
        delay = link.get("delay_ms", 0) + self.random.random() * link.get("jitter_ms", 0)
        due = max(late, time.monotonic() + delay / 1000)
        self.last[source, target] = due
        self.number += 1
        heapq.heappush(self.under_way, (due, self.number, self.devices[target], packet))

    def deliver(self, fd, packet):
        try:
            os.write(fd, packet)
        except OSError:
            pass  # its queue is full: lost, as on any network

    def arrivals(self):
        now = time.monotonic()
        while self.under_way and self.under_way[0][0] <= now:
            _, _, fd, packet = heapq.heappop(self.under_way)
            self.deliver(fd, packet)
        if not self.under_way:
            self.last.clear()

    def run(self):
        selector = selectors.DefaultSelector()
        for name, fd in self.devices.items():
            selector.register(fd, selectors.EVENT_READ, name)
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ, None)
        lines = b""
        while True:
            wait = max(0, self.under_way[0][0] - time.monotonic()) if self.under_way else None
            for key, _ in selector.select(wait):
                if key.data is None:
                    read = os.read(key.fd, 4096)
                    if not read:
                        return
                    *whole, lines = (lines + read).split(b"\n")
                    for line in whole:
                        self.command(line)
                        print("ok", flush=True)
                    continue
                for _ in range(PACKETS_IN_A_ROW):
                    try:
                        packet = os.read(key.fd, LARGEST_PACKET)
                    except BlockingIOError:
                        break
                    self.packet(key.data, packet)
            self.arrivals()


if __name__ == "__main__":
    wire = Wire(int(sys.argv[1]), dict(argument.split("=") for argument in sys.argv[2:]))
    print("ok", flush=True)
    wire.run()
