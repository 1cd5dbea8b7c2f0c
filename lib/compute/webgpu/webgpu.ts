// What is used of WebGPU, by its specification's names. The package that implements it, `webgpu`, is optional and loaded at run
// time, so its types are not there when the library is compiled.

export interface GpuInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter: boolean;
  readonly subgroupMinSize?: number;
  readonly subgroupMaxSize?: number;
  /** Experimental, in Dawn. */
  readonly subgroupMatrixConfigs?: readonly {
    readonly componentType: string;
    readonly resultComponentType: string;
    readonly M: number;
    readonly N: number;
    readonly K: number;
  }[];
}

export interface GpuBuffer {
  mapAsync(mode: number): Promise<void>;
  getMappedRange(offset?: number, size?: number): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}

export interface GpuComputePass {
  setPipeline(pipeline: GpuPipeline): void;
  setBindGroup(index: number, group: GpuBindGroup, offsets: readonly number[]): void;
  dispatchWorkgroups(x: number, y: number): void;
  end(): void;
}

export interface GpuEncoder {
  beginComputePass(): GpuComputePass;
  copyBufferToBuffer(from: GpuBuffer, offset: number, to: GpuBuffer, toOffset: number, bytes: number): void;
  finish(): object;
}

export type GpuBindGroup = object;
export type GpuLayout = object;
export type GpuPipeline = object;

export interface GpuDevice {
  readonly queue: {
    submit(commands: readonly object[]): void;
    writeBuffer(buffer: GpuBuffer, offset: number, data: ArrayBufferView): void;
    onSubmittedWorkDone(): Promise<void>;
  };
  destroy(): void;
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  createBuffer(descriptor: { size: number; usage: number }): GpuBuffer;
  createShaderModule(descriptor: { code: string }): {
    getCompilationInfo(): Promise<{
      readonly messages: readonly {
        readonly type: string;
        readonly message: string;
        readonly lineNum: number;
      }[];
    }>;
  };
  createBindGroupLayout(descriptor: object): GpuLayout;
  createPipelineLayout(descriptor: { bindGroupLayouts: readonly GpuLayout[] }): GpuLayout;
  createComputePipelineAsync(descriptor: object): Promise<GpuPipeline>;
  createBindGroup(descriptor: object): GpuBindGroup;
  createCommandEncoder(): GpuEncoder;
  pushErrorScope(filter: "out-of-memory" | "validation"): void;
  popErrorScope(): Promise<{ readonly message: string } | null>;
  addEventListener(type: "uncapturederror", listener: (event: { error: { message: string } }) => void): void;
}

export interface GpuAdapter {
  readonly info: GpuInfo;
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(descriptor: {
    requiredLimits: Record<string, number>;
    requiredFeatures: readonly string[];
  }): Promise<GpuDevice>;
}

export interface Gpu {
  requestAdapter(options?: {
    powerPreference?: "high-performance" | "low-power";
    forceFallbackAdapter?: boolean;
  }): Promise<GpuAdapter | null>;
}

/** GPUBufferUsage and GPUMapMode. */
export const USAGE = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 } as const;
export const MAP_READ = 1;
/** GPUShaderStage.COMPUTE. */
export const COMPUTE = 4;
