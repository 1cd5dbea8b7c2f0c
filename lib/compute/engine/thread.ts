// The engine thread: a worker that does nothing but serve its channel, and sleeps when there is nothing to do.

import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { LOOK_AHEAD_MS } from "../settings.js";
import { ChannelEnd, type ChannelMemory } from "./channel.js";
import { createDevice, type DeviceName } from "./devices.js";
import { reportLoss } from "./loss.js";
import { EngineService } from "./serve.js";
import { type SharedHeap, sharedMemoryOf } from "./shared-memory.js";

/** What the thread is started with. Over `port` it sends the device's heap, if that is shared. */
export interface ThreadData {
  readonly channel: ChannelMemory;
  readonly device: DeviceName;
  readonly port?: MessagePort;
  /** Whether its process is there for nothing else, and is told "ended" in order to end as a whole. */
  readonly alone?: boolean;
}

const { channel, device: name, port, alone = false } = workerData as ThreadData;
const end = new ChannelEnd(channel, "engine");
try {
  const device = await createDevice(name);
  const heap: SharedHeap | undefined = sharedMemoryOf(device)?.memory;
  if (heap !== undefined) port?.postMessage(heap);
  const service = new EngineService(device, end, (seen) => end.wait(seen));
  while (!service.ended) {
    const seen = end.signal;
    if (service.step()) continue;
    device.prepare?.();
    end.wait(seen, service.ahead ? LOOK_AHEAD_MS : undefined);
    if (service.ahead) service.look();
  }
  port?.close();
  if (alone) {
    // drivers may crash when threads end before the process does
    parentPort!.postMessage("ended");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }
} catch (error) {
  reportLoss(channel, `the engine thread with device "${name}" has failed: ${(error as Error).message}`);
}
