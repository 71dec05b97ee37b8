"""What ./dev test builds before it runs anything: the tree that runs, and the same sources once more
under each sanitizer that a chosen group asks for."""

import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD_DIR = os.path.abspath(os.environ.get("BUILD_DIR") or os.path.join(ROOT, "build"))

# Under a sanitizer gcc warns of what is not so; warnings are errors in the plain builds.
VARIANTS = {
    "": [],
    "address": ["-Db_sanitize=address,undefined", "-Dwerror=false"],
    "thread": ["-Db_sanitize=thread", "-Dwerror=false"],
}


def build_dir(variant=""):
    return f"{BUILD_DIR}-{variant}" if variant else BUILD_DIR


def _shell(script):
    """Runs functions of tools/dev/*.sh, so that there is one way to build."""
    source = f'ROOT={ROOT!r}; RUN_DIR=/nonexistent; for p in common build; do . "$ROOT/tools/dev/$p.sh"; done; '
    return subprocess.run(["bash", "-euo", "pipefail", "-c", source + script, "dev"]).returncode


def build(variant=""):
    if os.environ.get("DEV_BUILD") == "no":
        return True
    options = " ".join(VARIANTS[variant])
    return _shell(f"build_tree {build_dir(variant)!r} {options}") == 0


def build_variants(variants):
    """The variants that could not be built."""
    return {variant for variant in sorted(variants - {""}) if not build(variant)}
