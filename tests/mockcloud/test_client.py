"""The provider's public JavaScript client works against the local cloud, unmodified."""
import os
import shutil
import subprocess
import sys

from harness import PROJECT, TOKEN, Cloud

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'js')
SKIPPED = 77  # Meson's word for it
NODE_AT_LEAST = 20


def node_is_new_enough():
    if not shutil.which('npm') or not shutil.which('node'):
        return False
    told = subprocess.run(['node', '--version'], capture_output=True, text=True, check=True).stdout
    return int(told.lstrip('v').split('.')[0]) >= NODE_AT_LEAST


def main():
    if not node_is_new_enough():
        print(f'skipped: needs npm and node {NODE_AT_LEAST} or newer\n0 passed, 0 failed')
        return SKIPPED
    if not os.path.isdir(os.path.join(HERE, 'node_modules', '@scaleway', 'sdk-instance')):
        subprocess.run(['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'], cwd=HERE,
                       check=True, timeout=120)
    cloud = Cloud()
    try:
        environment = {**os.environ, 'CLOUD_URL': f'http://127.0.0.1:{cloud.port}',
                       'ACCESS_KEY': 'SCW1234567890ABCDEFG', 'SECRET_KEY': TOKEN,
                       'PROJECT_ID': PROJECT}
        return subprocess.run(['node', 'client.mjs'], cwd=HERE, env=environment, timeout=120,
                              check=False).returncode
    finally:
        cloud.close()


sys.exit(main())
