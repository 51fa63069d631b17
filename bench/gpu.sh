#!/usr/bin/env bash
# All that a GPU is asked for, in one command of at most nine minutes; see gpu.py.
#   bash bench/gpu.sh --out results --train digits sounds
#   bash bench/gpu.sh --out rehearsal --device cpu --minutes 1
set -euo pipefail
cd "$(dirname "$0")/.."
# Trainings as small as ours leave most of a GPU idle: by its MPS server several work on
# it at once, not in turns (five on an H200: 21 steps a second each instead of 15).
if [ -z "${CUDA_MPS_PIPE_DIRECTORY:-}" ] && command -v nvidia-cuda-mps-control > /dev/null; then
  CUDA_MPS_PIPE_DIRECTORY=$(mktemp -d)
  export CUDA_MPS_PIPE_DIRECTORY CUDA_MPS_LOG_DIRECTORY=$CUDA_MPS_PIPE_DIRECTORY
  nvidia-cuda-mps-control -d && trap 'echo quit | nvidia-cuda-mps-control' EXIT
fi
"${PYTHON:-python3}" -m bench.gpu "$@"
