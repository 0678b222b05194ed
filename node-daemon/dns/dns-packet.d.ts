/** What tests use of dns-packet, the independent reader and writer of DNS messages. */
declare module "dns-packet" {
  interface Question {
    name: string;
    type: string;
    class?: string;
  }
  interface Record {
    name: string;
    type: string;
    ttl?: number;
    data?: unknown;
    udpPayloadSize?: number;
    flags?: number;
    extendedRcode?: number;
    options?: unknown[];
  }
  interface Packet {
    id?: number;
    type?: "query" | "response";
    flags?: number;
    rcode?: string;
    flag_aa?: boolean;
    flag_tc?: boolean;
    flag_rd?: boolean;
    flag_ra?: boolean;
    questions?: Question[];
    answers?: Record[];
    authorities?: Record[];
    additionals?: Record[];
  }
  const packet: {
    RECURSION_DESIRED: number;
    encode(packet: Packet): Buffer;
    decode(buffer: Buffer): Required<Packet>;
    streamEncode(packet: Packet): Buffer;
    streamDecode(buffer: Buffer): Required<Packet>;
  };
  export default packet;
}
