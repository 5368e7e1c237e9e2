import { devDependencies } from "../../package.json";

/** Machines that a release is for. */
export interface Platform {
  /** As in the names of container images and of the Go suite's releases. */
  readonly name: string;
  readonly target: Bun.Build.CompileTarget;
  /** The npm package with the Bun that becomes a part of the executable. */
  readonly package: string;
  /** Of the package's tarball, in the version that builds. */
  readonly integrity: string;
  /** What starts its executables on a machine of another kind. */
  readonly emulator: readonly string[];
}

/** Of every Bun there is: the one that builds and those that become a part of what is built. */
export const bunVersion = devDependencies.bun;

const qemuArm64 = ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"];

/**
 * "Baseline" runs on every x86-64 processor, Bun's default only on those with AVX2. The musl ones are
 * for Alpine, with its package libstdc++.
 */
export const platforms: readonly Platform[] = [
  {
    name: "linux-amd64",
    target: "bun-linux-x64-baseline",
    package: "@oven/bun-linux-x64-baseline",
    integrity:
      "sha512-s8yMwYcFnnrA178gji0gZbkE2WVDej/Ti1x770oPfihxyRxSMNhGhiAQNXV53aDeraZxksdvKV/RAdQBCd0qPA==",
    emulator: [],
  },
  {
    name: "linux-arm64",
    target: "bun-linux-arm64",
    package: "@oven/bun-linux-aarch64",
    integrity:
      "sha512-4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==",
    emulator: process.arch === "arm64" ? [] : qemuArm64,
  },
  {
    name: "linux-amd64-musl",
    target: "bun-linux-x64-baseline-musl",
    package: "@oven/bun-linux-x64-musl-baseline",
    integrity:
      "sha512-cWJhU8h0+MiUgpSt99sQhjxLIIosKEcKYdtKddohokUvAuN6jKOy7g7+QDTZTXtwHxz93wL3BX+L6wXVPDUH3A==",
    emulator: [],
  },
  {
    name: "linux-arm64-musl",
    target: "bun-linux-arm64-musl",
    package: "@oven/bun-linux-aarch64-musl",
    integrity:
      "sha512-XCNc+WvvMAdNNb+OWTogpy+N9wm62fkVeEVLb6how0RZhW5LPi6c7BlkeVCuWps7XjEl2saFpHFa20/1E+PAHg==",
    emulator: process.arch === "arm64" ? [] : qemuArm64,
  },
];
