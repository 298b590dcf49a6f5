import { deflateRawSync, inflateRawSync } from "node:zlib";
import { cbor, type OwnCodec } from "pyros";

const packed: OwnCodec = {
  name: "packed",
  encode: (value) => cbor.encode(value).map((part) => new Uint8Array(deflateRawSync(part))),
  decode: (parts) => cbor.decode(parts.map((part) => new Uint8Array(inflateRawSync(part)))),
};
export default packed;
