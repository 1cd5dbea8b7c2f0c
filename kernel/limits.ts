// Every limit, pause and threshold of the kernel, with its value. What can be set from outside is read in options.ts.

export const LIMITS = {
  /** Output of print statements is gathered this long into one message (jupyter_server drops beyond 1,000 messages a second). */
  streamMilliseconds: 50,
  /** A gathered stream message is sent at once when it reaches this many characters. */
  streamCharacters: 65_536,
  /** Main waits when this many characters of output are on their way to the wire thread. */
  outputCharactersInFlight: 33_554_432,
  /** A top-level loop of a cell lets other work run this often. */
  yieldMilliseconds: 50,
  /** After an interrupt a cell that waits for something may end by itself this long before it is abandoned. */
  interruptGraceMilliseconds: 50,
  /** A cell that has not stopped by then gets SIGINT, which breaks synchronous code without checks. Later than the library takes to
   *  give up a wait (80 ms, lib/compute/settings.ts), which leaves more in order. */
  interruptSignalMilliseconds: 120,
  /** A cell that a debugger holds goes on so long after the signal, which has reached it by then. */
  signalMilliseconds: 20,
  /** A cell that has not stopped by then is reported to the user. */
  interruptGiveUpMilliseconds: 2_000,
  /** How often the kernel looks how much memory user code takes. */
  memoryPollMilliseconds: 100,
  /** After this time without an answer it asks again. */
  memoryAnswerMilliseconds: 1_000,
  /** From this part of what JavaScript's values may take on, V8 is asked to stop what takes all of it. */
  memoryGuardedFrom: 0.25,
  /** Below this part of it there is room again after such a stop. */
  memoryGoodAgainFrom: 0.75,
  /** Time for the last messages to leave before the process ends. */
  shutdownMilliseconds: 100,
  /** Time for main to end by itself at shutdown before the process is killed. */
  shutdownKillMilliseconds: 500,
  /** Longest that `process.exit` waits for the last messages to leave. */
  exitMilliseconds: 10_000,
  /** How often the kernel looks whether its parent still lives. */
  parentPollMilliseconds: 500,
  /** Remembered cells for `history_request`. */
  historyEntries: 10_000,
  /** Sessions whose cells are kept on disk. */
  historySessions: 200,
  /** Remembered cells whose late output can still be told apart. */
  executions: 10_000,
  /** Signatures by which a message that is sent again is known. */
  rememberedSignatures: 65_536,
  /** Completions, the best ones first, that say how they are called. */
  completionSignatures: 100,
  /** Heap of the language thread, in MiB; it is restarted when it needs more. */
  languageHeap: 1_024,
  /** Steps the recorder keeps of one run; beyond, every second one of the older ones is dropped. */
  recorderRows: 8_192,
  /** Bytes of samples and histograms it keeps of one run; beyond, every second one of the older samples is dropped. */
  recorderSampleBytes: 67_108_864,
  /** Front ends that one of the kernel's own comm targets serves. A page that is reloaded does not close its comms. */
  commsOfTarget: 16,
  /** Pause between two messages of the live monitor. */
  monitorMilliseconds: 100,
  /** After a longer pause the next message goes out this soon: what belongs to one step comes in several pieces. */
  monitorGatherMilliseconds: 5,
  /** Pause between two judgements of one run. */
  verdictMilliseconds: 1_000,
  /** Rows of one run in one live message; beyond, they are thinned out. */
  monitorRows: 200,
  /** Pause between two updates of a run's picture in the cell's output. */
  pictureMilliseconds: 2_000,
  /** Pause between two updates of a progress bar. */
  progressMilliseconds: 100,
  /** How often, and after which pause, the debugger asks a program to stand still. */
  pauseRequests: 300,
  pauseMilliseconds: 100,
  /** Properties of one object that the debugger shows. */
  debugProperties: 500,
  /** How many levels of a value a result shows. */
  inspectDepth: 3,
} as const;
