#!/usr/bin/env python3
"""write_catalogue.py API_URL PORTS_FILE FOLDER: prints the catalogue of a stack: the provider row `mock`
with this stack's address and ports, and the models of FOLDER/*.json.  Instance types, prices
and stock are told by the provider itself."""

import glob
import json
import os
import sys

ENGINE_COMMAND = ('exec inventiv-fake-engine --host "$WORKER_LISTEN_ADDRESS" '
                  '--port "$WORKER_VLLM_PORT" --model "$MODEL_ID"')


def read_ports(path):
    with open(path, encoding="utf-8") as lines:
        return dict(line.strip().split("=", 1) for line in lines)


def local_provider(api_url, ports):
    zones = [{"code": "local", "name": "This machine"},
             {"code": "local-2", "name": "This machine, second zone"}]
    return {
        "code": "mock",
        "name": "Local cloud",
        "description": "Machines are processes on this computer; nothing costs money.",
        "driver": "scaleway",
        "api_url": api_url,
        "credentials_prefix": "MOCK",
        "ssh_port": int(ports["SSH_PORT"]),
        "worker_port": int(ports["WORKER_PORT"]),
        "engine_port": int(ports["ENGINE_PORT"]),
        "install_profile": "bare",
        "engine_command": ENGINE_COMMAND,
        "heartbeat_seconds": 2,
        "regions": [{"code": "local", "name": "Local", "zones": zones}],
    }


def models(folder):
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        with open(path, encoding="utf-8") as file:
            yield from json.load(file).get("models", [])


def main():
    api_url, ports_file, folder = sys.argv[1:]
    catalogue = {"providers": [local_provider(api_url, read_ports(ports_file))],
                 "models": list(models(folder))}
    json.dump(catalogue, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
