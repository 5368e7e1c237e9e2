import { createHash } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { runOk } from "../support/namespace.ts";

/** What the images are called. They are made here, of Debian's busybox: nothing has to be pulled. */
export const image = "localhost/patchbay/web:1";
/** Holds a pod together, and does nothing. */
export const pauseImage = "localhost/patchbay/pause:1";

/** Where a container of the image serves HTTP. */
export const webPort = 8080;

/** Says who was asked, and by whom. */
const answer = `#!/bin/sh
printf 'Content-Type: application/json\\r\\n\\r\\n'
printf '{"server": "%s", "client": "%s"}' "$NAME" "$REMOTE_ADDR"
`;

const applets = ["cat", "hostname", "httpd", "ip", "nc", "ping", "sh", "sleep", "wget"];

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Files in the layout that the Open Container Initiative specifies (image-layout.md), one an image. */
export interface ImageFiles {
  readonly web: string;
  readonly pause: string;
}

export function buildImages(t: Test): ImageFiles {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-images-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const layer = readFileSync(packLayer(folder));
  return {
    web: packImage(folder, layer, image, ["/bin/httpd", "-f", "-p", `${webPort}`, "-h", "/www"]),
    pause: packImage(folder, layer, pauseImage, ["/bin/sleep", "1000000"]),
  };
}

function packImage(folder: string, bytes: Buffer, name: string, command: readonly string[]) {
  const layout = join(folder, name.replaceAll(/[/:]/g, "-")); // podman takes no colon in a path
  mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
  const layer = addBlob(layout, "application/vnd.oci.image.layer.v1.tar", bytes);
  const annotations = {
    "io.containerd.image.name": name,
    "org.opencontainers.image.ref.name": name,
  };
  const manifests = [{ ...addManifest(layout, layer, command), annotations }];
  writeFileSync(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
  writeFileSync(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  return pack(layout, `${layout}.tar`);
}

function addManifest(layout: string, layer: Descriptor, command: readonly string[]): Descriptor {
  const config = addJson(layout, "application/vnd.oci.image.config.v1+json", {
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    config: { Env: ["PATH=/bin"], Cmd: command },
    rootfs: { type: "layers", diff_ids: [layer.digest] },
  });
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  return addJson(layout, mediaType, { schemaVersion: 2, mediaType, config, layers: [layer] });
}

function packLayer(folder: string): string {
  const root = join(folder, "root");
  for (const name of ["bin", "etc", "tmp", "www/cgi-bin"]) {
    mkdirSync(join(root, name), { recursive: true });
  }
  copyFileSync("/bin/busybox", join(root, "bin/busybox"));
  for (const name of applets) symlinkSync("busybox", join(root, "bin", name));
  writeFileSync(join(root, "www/cgi-bin/who"), answer, { mode: 0o755 });
  return pack(root, join(folder, "layer.tar"));
}

function pack(folder: string, file: string): string {
  runOk(["tar", "--create", "--owner=0", "--group=0", "--file", file, "--directory", folder, "."]);
  return file;
}

function addJson(layout: string, mediaType: string, content: object): Descriptor {
  return addBlob(layout, mediaType, Buffer.from(JSON.stringify(content)));
}

function addBlob(layout: string, mediaType: string, bytes: Buffer): Descriptor {
  const hash = createHash("sha256").update(bytes).digest("hex");
  writeFileSync(join(layout, "blobs/sha256", hash), bytes);
  return { mediaType, digest: `sha256:${hash}`, size: bytes.length };
}
