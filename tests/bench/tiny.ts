// GRADBOOK_BENCH_TINY=1: everything that the benchmark of the GPU does, with sizes that a GPU in software manages, and PyTorch on the
// CPU beside it. Shows that it runs to its end; its times mean nothing.

export const TINY: boolean = process.env.GRADBOOK_BENCH_TINY === "1";
