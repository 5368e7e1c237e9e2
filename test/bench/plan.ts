import type { Suite } from "./call.ts";
import {
  bridge,
  chain,
  comeAndGo,
  hostLocal,
  layer2,
  life,
  loopback,
  ports,
  type RoundFor,
  type Setting,
  versions,
} from "./rounds.ts";

export const plugins = ["loopback", "bridge", "host-local", "portmap"] as const;

export const versionRound: RoundFor = () => versions(plugins);

/** How one suite's networks are set. */
export type SettingOf = (suite: Suite) => Setting;

/** @returns what is measured one call at a time, beside {@link versionRound} */
export function roundsFor(settingOf: SettingOf): RoundFor[] {
  const iptables: SettingOf = (suite) => ({ ...settingOf(suite), backend: "iptables" });
  return [...roundsByDefault(settingOf), ...packetRounds(", iptables", iptables)];
}

/** @returns those of them where the suites choose the backend */
export function roundsByDefault(settingOf: SettingOf): RoundFor[] {
  return [
    (suite) => life("loopback", loopback, settingOf(suite)),
    (suite) => life("host-local", hostLocal(settingOf(suite)), settingOf(suite)),
    () => comeAndGo("bridge, layer 2", layer2),
    plainBridge(settingOf),
    ...packetRounds("", settingOf),
  ];
}

function plainBridge(settingOf: SettingOf): RoundFor {
  return (suite) => {
    const setting = settingOf(suite);
    return life("bridge + host-local", bridge(setting, false), setting);
  };
}

/** Those that make packet rules, by the backend of the setting. */
function packetRounds(suffix: string, settingOf: SettingOf): RoundFor[] {
  return [
    (suite) => {
      const setting = settingOf(suite);
      return life(`bridge + host-local + ipMasq${suffix}`, bridge(setting, true), setting);
    },
    (suite) => ports(`portmap, two ports${suffix}`, settingOf(suite)),
    (suite) => chain(`chain${suffix}`, settingOf(suite)),
  ];
}

/** What is measured again beside many other attachments. */
export function crowdedRounds(settingOf: SettingOf): RoundFor[] {
  return [
    (suite) => life("host-local", hostLocal(settingOf(suite)), settingOf(suite)),
    plainBridge(settingOf),
    ...packetRounds("", settingOf),
  ];
}

/** How many times the reference's median is allowed. */
export const targets: ReadonlyMap<string, number> = new Map([
  ["loopback ADD", 2],
  ["loopback DEL", 2],
  ["host-local ADD", 2],
  ["host-local DEL", 2],
  ["bridge + host-local ADD", 1],
  ["bridge + host-local + ipMasq ADD", 0.5],
  ["bridge + host-local + ipMasq DEL", 0.45],
  ["portmap, two ports ADD", 0.22],
  ["portmap, two ports DEL", 0.12],
  ["chain ADD", 0.4],
  ["chain DEL", 0.3],
]);

/** VERSION against an executable that does nothing, growth beside 10,000 others, pods a second. */
export const otherTargets = { version: 1.25, growth: 1.2, podsPerSecond: 2.5, memory: 40 } as const;
