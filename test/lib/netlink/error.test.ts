import t from "tap";
import { decodeAcknowledgement, NetlinkError } from "../../../lib/netlink/error.ts";

const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;

function answer(flags: number, ...hex: string[]) {
  return { type: 2, flags, sequence: 1, payload: Buffer.from(hex.join(""), "hex") };
}

const requestHeader = "30000000100005000100000000000000";

t.test("error number 0 is an acknowledgement", (t) => {
  t.same(decodeAcknowledgement(answer(NLM_F_CAPPED, "00000000", requestHeader)), {
    errno: 0,
    kernelMessage: undefined,
  });
  t.end();
});

t.test("a refusal carries the kernel's own words", (t) => {
  const message = Buffer.from("mtu less than device minimum\0");
  const recorded = answer(
    NLM_F_CAPPED | NLM_F_ACK_TLVS,
    "eaffffff", // -EINVAL
    requestHeader,
    "2100", // length 33
    "0100", // NLMSGERR_ATTR_MSG
    message.toString("hex"),
    "000000",
    "0800", // NLMSGERR_ATTR_OFFS
    "0200",
    "20000000",
  );
  const { errno, kernelMessage } = decodeAcknowledgement(recorded);
  t.equal(errno, 22);
  t.equal(kernelMessage, "mtu less than device minimum");
  const error = new NetlinkError('set mtu 20 of "eth0"', errno, kernelMessage);
  t.equal(error.message, 'set mtu 20 of "eth0": invalid argument (mtu less than device minimum)');
  t.equal(error.code, "EINVAL");
  t.end();
});

t.test("a refusal that repeats the whole request is read past it", (t) => {
  const request = ["1c000000", "1000", "0500", "01000000", "00000000", "aabbccddaabbccddaabbccdd"];
  const recorded = answer(NLM_F_ACK_TLVS, "edffffff", ...request, "0700", "0100", "6e6f00", "00");
  t.same(decodeAcknowledgement(recorded), { errno: 19, kernelMessage: "no" });
  t.end();
});
