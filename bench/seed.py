#!/usr/bin/env python3
"""The script that Logboom grew from, written anew from its description, to be measured beside it.

UDP on one or more ports, a thread for each; a queue of 50,000; one writer that stores batches of 100 rows in a
SQLite file per day with a table per device and day; keywords go to Telegram (here: are counted, nothing is sent).
usage: seed.py DIRECTORY PORT...
"""
import datetime
import os
import queue
import re
import signal
import socket
import sqlite3
import sys
import threading

QUEUE_SIZE = 50_000
BATCH_SIZE = 100
KEYWORDS = ["pon deregister", "power off", "reset", "reboot", "rogue", "mac flapping", "loopback", "port updown"]

log_queue = queue.Queue(maxsize=QUEUE_SIZE)
stop = threading.Event()
counts = {"dropped": 0, "alerts": 0}


def listen(port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
    sock.bind(("127.0.0.1", port))
    sock.settimeout(0.5)
    while not stop.is_set():
        try:
            data, (address, _) = sock.recvfrom(65535)
        except socket.timeout:
            continue
        try:
            log_queue.put_nowait((datetime.datetime.now(), address, data.decode("utf-8", "replace")))
        except queue.Full:
            counts["dropped"] += 1


def table_of(address, day):
    return "logs_%s_%s" % (re.sub(r"[^0-9A-Za-z]", "_", address), day)


class Writer:
    def __init__(self, directory):
        self.directory, self.day, self.db, self.tables = directory, None, None, set()

    def open(self, day):
        if self.db:
            self.db.close()
        self.day, self.tables = day, set()
        self.db = sqlite3.connect(os.path.join(self.directory, "syslog_%s.db" % day))
        self.db.execute("PRAGMA journal_mode=WAL")

    def write(self, batch):
        for when, address, text in batch:
            day = when.strftime("%Y%m%d")
            if day != self.day:
                if self.db:
                    self.db.commit()
                self.open(day)
            table = table_of(address, day)
            if table not in self.tables:
                self.db.execute('CREATE TABLE IF NOT EXISTS "%s" (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT, message TEXT)' % table)
                self.tables.add(table)
            self.db.execute('INSERT INTO "%s" (timestamp, message) VALUES (?, ?)' % table, (when.isoformat(sep=" "), text))
            lower = text.lower()
            if any(word in lower for word in KEYWORDS):
                counts["alerts"] += 1
        self.db.commit()

    def run(self):
        while not (stop.is_set() and log_queue.empty()):
            batch = []
            try:
                batch.append(log_queue.get(timeout=0.5))
                while len(batch) < BATCH_SIZE:
                    batch.append(log_queue.get_nowait())
            except queue.Empty:
                pass
            if batch:
                self.write(batch)
        if self.db:
            self.db.close()


def main():
    directory, ports = sys.argv[1], [int(p) for p in sys.argv[2:]]
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    threads = [threading.Thread(target=listen, args=(p,)) for p in ports]
    threads.append(threading.Thread(target=Writer(directory).run))
    for t in threads:
        t.start()
    print("listening", flush=True)
    for t in threads:
        t.join()


if __name__ == "__main__":
    main()
