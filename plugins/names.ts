/** The plugins that the executable contains: the names it is installed under and called by. */
export const pluginNames = ["bridge", "host-local", "loopback", "portmap"] as const;

export type PluginName = (typeof pluginNames)[number];
