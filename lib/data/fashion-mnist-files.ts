// The four files of Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017, arXiv:1708.07747), their checksums and where they can be had,
// and the small sample of them that is shipped with the package.

/** Images of 28 x 28 grey values with their labels, as they come from the files. */
export interface RawImages {
  /** Unsigned bytes [count, 28, 28], 0 (background) to 255. */
  readonly images: Uint8Array;
  /** Unsigned bytes [count], 0 to 9. */
  readonly labels: Uint8Array;
  readonly count: number;
}

/** The names of the ten classes, in the order of their labels. */
export const FASHION_MNIST_CLASSES: readonly string[] = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];

/** Pixels along each side. */
export const SIDE = 28;

/** One of the two sets. The checksums are SHA-256 of the unpacked files: Debian packs them anew. */
export interface SetFiles {
  readonly count: number;
  readonly images: { readonly name: string; readonly sha256: string };
  readonly labels: { readonly name: string; readonly sha256: string };
}

export const TRAIN_FILES: SetFiles = {
  count: 60_000,
  images: {
    name: "train-images-idx3-ubyte",
    sha256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
  },
  labels: {
    name: "train-labels-idx1-ubyte",
    sha256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
  },
};

export const TEST_FILES: SetFiles = {
  count: 10_000,
  images: {
    name: "t10k-images-idx3-ubyte",
    sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
  },
  labels: {
    name: "t10k-labels-idx1-ubyte",
    sha256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
  },
};

/** The files as they are published: gzip'd. */
export const PACKED_NAMES: readonly string[] = [TRAIN_FILES, TEST_FILES].flatMap(({ images, labels }) => [
  `${labels.name}.gz`,
  `${images.name}.gz`,
]);

/** The authors' own server, their repository, and Keras's copy. */
export const MIRRORS: readonly string[] = [
  "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
  "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
  "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
];

/** Debian's package and where it puts the files. */
export const DEBIAN_PACKAGE = "dataset-fashion-mnist";
export const DEBIAN_FOLDER = "/usr/share/datasets/fashion-mnist";

/** The sample: the arrays of `TRAIN_SAMPLE` and `TEST_SAMPLE`, images before labels, one after the other as IDX, gzip'd. */
export const SAMPLE = {
  asset: "fashion-mnist-sample.idx.gz",
  sha256: "a2b85cfba601eb491244f92d3827bd79e070fa2861ad9904c328c7c8faa88dbb",
  trainCount: 2000,
  testCount: 500,
} as const;
