"""Listens, and runs a program for each connection, which is the program's standard input and output (inetd).

    python inetd.py HOST PORT PROGRAM [ARGUMENT …]

ProFTPD's own listener is not used because it falls asleep for 0.2 s, with nobody accepting connections, whenever the
process of an ended connection interrupts its wait; tests make many short connections.
"""

import os
import signal
import socket
import sys


def main() -> None:
    host, port, *command = sys.argv[1:]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the programs
    listener = socket.create_server((host, int(port)), backlog=64)
    while True:
        connection, _ = listener.accept()
        with connection:
            descriptors = [(os.POSIX_SPAWN_DUP2, connection.fileno(), number) for number in (0, 1)]
            os.posix_spawn(command[0], command, os.environ, file_actions=descriptors, setsigdef=[signal.SIGCHLD])


if __name__ == "__main__":
    main()
