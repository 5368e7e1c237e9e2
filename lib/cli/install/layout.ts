/**
 * Where an installation keeps what it needs, in a directory of plugins. Runtimes execute files by
 * name and do not look into subdirectories.
 *
 *     bridge, host-local …    the plugins: hard links of one file
 *     .patchbay/manifest.json what is installed
 *     .patchbay/executable    one more link, to tell our files from those that came later
 *     .patchbay/original/     what was there before the first installation
 *     .patchbay/previous/     what was there before the last one
 *     .patchbay/staging/      the next installation, until it is complete
 *     .patchbay/lock
 */
export interface Layout {
  /** Such as /opt/cni/bin. */
  readonly directory: string;
  readonly state: string;
  readonly manifest: string;
  readonly executable: string;
  readonly original: string;
  readonly previous: string;
  readonly staging: string;
  readonly lock: string;
}

export function layoutOf(directory: string): Layout {
  const state = `${directory}/.patchbay`;
  return {
    directory,
    state,
    manifest: `${state}/manifest.json`,
    executable: `${state}/executable`,
    original: `${state}/original`,
    previous: `${state}/previous`,
    staging: `${state}/staging`,
    lock: `${state}/lock`,
  };
}
