#!/usr/bin/env python3
"""choose_ports.py RUN_DIR [NAME]: prints a stack's ports and loopback network as NAME=value lines; with
NAME those that it has, and one more of that name.

What the stack had before is kept where it is still free; else the default ports are tried, then
others.  Machines listen on addresses 127.a.b.0/24 of the stack's own; their ports are the same on
every address, so they must be free on all (a server on 0.0.0.0 blocks them all).  Machines
outlive a crash of the rest: the ports and the network that they hold stay theirs.  A file in
/var/tmp/inventiv-stacks keeps a network, and for a moment the ports, from being chosen twice."""

import fcntl
import hashlib
import os
import random
import socket
import sys
import time

REGISTER = "/var/tmp/inventiv-stacks"
SERVERS = {"API_PORT": 8003, "ORCHESTRATOR_PORT": 8001, "MOCKCLOUD_PORT": 8100}
MACHINES = {"SSH_PORT": 2222, "WORKER_PORT": 8080, "ENGINE_PORT": 8000, "METADATA_PORT": 8169}
# Below the range from which the kernel takes ports for outgoing connections.
OTHER_PORTS = range(20000, 32000)
# A port chosen this recently by another stack may not be bound yet.
FRESH_SECONDS = 300
LISTENS = "0A"  # in /proc/net/tcp


def read_values(path):
    try:
        with open(path, encoding="utf-8") as lines:
            return dict(line.strip().split("=", 1) for line in lines if "=" in line)
    except OSError:
        return {}


def lock_register():
    os.makedirs(REGISTER, exist_ok=True)
    if os.stat(REGISTER).st_uid == os.getuid():
        os.chmod(REGISTER, 0o1777)
    path = os.path.join(REGISTER, "lock")
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        os.fchmod(descriptor, 0o666)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def reservations(run_dir):
    """Of other stacks: network -> values."""
    found = {}
    for name in os.listdir(REGISTER):
        if name.startswith("127."):
            values = read_values(os.path.join(REGISTER, name))
            if values.get("RUN_DIR") != run_dir:
                found[name] = values
    return found


def network_is_reserved(network, values):
    """A stack keeps its network as long as its folder records it."""
    folder = values.get("RUN_DIR", "")
    try:
        os.stat(folder)
        return read_values(os.path.join(folder, "ports")).get("NETWORK", network) == network
    except FileNotFoundError:
        return False
    except OSError:
        return True


def fresh_ports(others):
    now = time.time()
    return {int(value) for values in others.values() if now - float(values.get("AT", 0)) < FRESH_SECONDS
            for name, value in values.items() if name.endswith("_PORT")}


def can_listen(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen(1)
            return True
        except OSError:
            return False


def choose_port(name, address, wanted, taken):
    first = [port for port in wanted if port]
    others = random.sample(OTHER_PORTS, len(OTHER_PORTS))
    for port in first + others:
        if port not in taken and can_listen(address, port):
            taken.add(port)
            if first and port != first[0]:
                print(f"{name.lower().replace('_', ' ')} {first[0]} is taken; {port} is used instead",
                      file=sys.stderr)
            return port
    sys.exit(f"no free port for {name}")


def local_ends():
    """(network, port, listens) of each TCP socket."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        next(table)
        for line in table:
            _, local, _, state = line.split()[:4]
            address, port = (int(part, 16) for part in local.split(":"))
            yield (f"{address & 0xff}.{address >> 8 & 0xff}.{address >> 16 & 0xff}.0", port,
                   state == LISTENS)


def network_has_servers(network):
    """Somebody listens on, or talks from, an address of it."""
    return any(end[0] == network for end in local_ends())


def held_by_machines(port, network):
    """Our own machines, and nobody else, listen on it."""
    holders = {end[0] for end in local_ends() if end[1] == port and end[2]}
    return holders == {network}


def reserved_by(network):
    return read_values(os.path.join(REGISTER, network)).get("RUN_DIR")


def choose_network(recorded, run_dir, others):
    if recorded and reserved_by(recorded) == run_dir:
        return recorded
    taken = {name for name, values in others.items() if network_is_reserved(name, values)}
    start = int(hashlib.sha256(run_dir.encode()).hexdigest(), 16)
    names = [f"127.{64 + (start + i) // 256 % 62}.{(start + i) % 256}.0" for i in range(62 * 256)]
    for network in ([recorded] if recorded else []) + names:
        if network not in taken and not network_has_servers(network) and \
                can_listen(network[:-1] + "1", 0):
            return network
    sys.exit("no free network 127.a.b.0/24")


def reserve(network, run_dir, values):
    path = os.path.join(REGISTER, network)
    for name in os.listdir(REGISTER):
        old = os.path.join(REGISTER, name)
        if name.startswith("127.") and read_values(old).get("RUN_DIR") == run_dir:
            os.unlink(old)
    if os.path.exists(path):
        os.unlink(path)
    with open(path, "w", encoding="utf-8") as out:
        out.write(f"RUN_DIR={run_dir}\nAT={time.time():.0f}\n")
        out.writelines(f"{name}={value}\n" for name, value in values.items())


def with_one_more(recorded, name, others):
    taken = fresh_ports(others) | {int(value) for key, value in recorded.items() if key.endswith("_PORT")}
    return recorded if name in recorded else {**recorded, name: choose_port(name, "127.0.0.1", [], taken)}


def all_chosen(recorded, run_dir, others):
    taken = fresh_ports(others)
    values = {}
    for name, default in SERVERS.items():
        wanted = [int(recorded.get(name, 0)), default] if name in recorded else [default]
        values[name] = choose_port(name, "127.0.0.1", wanted, taken)
    values["NETWORK"] = choose_network(recorded.get("NETWORK"), run_dir, others)
    for name, default in MACHINES.items():
        if name in recorded and held_by_machines(int(recorded[name]), values["NETWORK"]):
            values[name] = int(recorded[name])
            continue
        wanted = [int(recorded.get(name, 0))] if name in recorded else [default]
        values[name] = choose_port(name, "0.0.0.0", wanted, taken)
    return values


def main():
    run_dir, further = sys.argv[1], sys.argv[2:]
    lock = lock_register()
    recorded = read_values(os.path.join(run_dir, "ports"))
    others = reservations(run_dir)
    values = with_one_more(recorded, further[0], others) if further else all_chosen(recorded, run_dir, others)
    reserve(values["NETWORK"], run_dir, values)
    os.close(lock)
    for name, value in values.items():
        print(f"{name}={value}")


if __name__ == "__main__":
    main()
