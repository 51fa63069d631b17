#!/usr/bin/env bash
# All that a GPU is asked for, in one command of at most nine minutes; see gpu.py.
#   bash bench/gpu.sh --out results --train digits sounds
#   bash bench/gpu.sh --out rehearsal --device cpu --minutes 1
set -euo pipefail
cd "$(dirname "$0")/.."
exec "${PYTHON:-python3}" -m bench.gpu "$@"
