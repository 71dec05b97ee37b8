#!/usr/bin/env python3
"""write_catalogue.py API_URL PORTS_FILE FOLDER: prints a stack's catalogue: the provider row `mock` of
FOLDER/mock.json with this stack's address and ports in place of the defaults."""

import json
import os
import sys


def main():
    api_url, ports_file, folder = sys.argv[1:]
    with open(ports_file, encoding="utf-8") as lines:
        ports = dict(line.strip().split("=", 1) for line in lines)
    with open(os.path.join(folder, "mock.json"), encoding="utf-8") as file:
        catalogue = json.load(file)
    for provider in catalogue["providers"]:
        if provider["code"] == "mock":
            provider.update(api_url=api_url, ssh_port=int(ports["SSH_PORT"]),
                            worker_port=int(ports["WORKER_PORT"]),
                            engine_port=int(ports["ENGINE_PORT"]))
    json.dump(catalogue, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
