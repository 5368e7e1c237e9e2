import { createHash } from "node:crypto";
import { version } from "../../package.json";
import { bunVersion, type Platform } from "./platforms.ts";
import { runTool } from "./tool.ts";

/** The parts of a CycloneDX document that are looked at here. */
interface Bill {
  readonly metadata: { readonly component: { readonly "bom-ref": string } };
  readonly components: readonly object[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/**
 * What a release consists of, in CycloneDX, as npm knows it: the packages that are bundled, and the
 * Bun that runs them. npm makes up a serial number and takes the time of day; here both follow from
 * the release, so that the same release has the same bill.
 *
 * @param seconds since 1970: when the sources are from
 */
export function describeMaterials(platform: Platform, seconds: number): string {
  const output = runTool("npm", [
    ...["sbom", "--sbom-format", "cyclonedx", "--sbom-type", "application"],
    ...["--omit", "dev", "--package-lock-only"],
  ]);
  const bill: Bill = JSON.parse(output);
  const bun = bunComponent(platform);
  const root = bill.metadata.component["bom-ref"];
  const dependencies = bill.dependencies.map((each) =>
    each.ref === root ? { ...each, dependsOn: [...each.dependsOn, bun["bom-ref"]] } : each,
  );
  const complete = {
    ...bill,
    serialNumber: `urn:uuid:${uuidOf(`patchbay ${version} ${platform.name} ${seconds}`)}`,
    metadata: {
      ...bill.metadata,
      timestamp: new Date(seconds * 1000).toISOString(),
      component: { ...bill.metadata.component, name: "patchbay" },
    },
    components: [...bill.components, bun],
    dependencies: [...dependencies, { ref: bun["bom-ref"], dependsOn: [] }],
  };
  return `${JSON.stringify(complete, undefined, 2)}\n`;
}

function bunComponent({ package: name, integrity }: Platform) {
  const content = Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex");
  return {
    "bom-ref": `${name}@${bunVersion}`,
    type: "platform",
    name,
    version: bunVersion,
    scope: "required",
    description: "The JavaScript runtime inside the executable",
    purl: `pkg:npm/${name.replace("@", "%40")}@${bunVersion}`,
    hashes: [{ alg: "SHA-512", content }],
    licenses: [{ license: { id: "MIT" } }],
  };
}

/** @returns a UUID of version 8 (RFC 9562), which is for numbers made from something else */
function uuidOf(text: string): string {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
