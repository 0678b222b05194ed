import { expect, it } from "vitest";
import { clientAddresses } from "./client-addresses.ts";

it.each([
  { name: "[CA1] the peer alone", headers: {}, peer: "10.0.0.1:4711", addresses: ["10.0.0.1"] },
  { name: "[CA2] an IPv6 peer", headers: {}, peer: "[fd00::1]:4711", addresses: ["fd00::1"] },
  {
    name: "[CA3] whom the edge saw counts for the peer",
    headers: { "cf-connecting-ip": "192.0.2.7" },
    peer: "10.0.0.1:1",
    addresses: ["192.0.2.7"],
  },
  {
    name: "[CA4] what proxies say goes before, once",
    headers: { "x-forwarded-for": "198.51.100.1, nonsense, 192.0.2.7", "x-real-ip": "198.51.100.1" },
    peer: "192.0.2.7:1",
    addresses: ["198.51.100.1", "192.0.2.7"],
  },
  { name: "[CA5] nothing is known", headers: { "x-real-ip": "<script>" }, peer: undefined, addresses: [] },
])("$name", ({ headers, peer, addresses }) => {
  expect(clientAddresses(new Headers(headers as { [name: string]: string }), peer)).toEqual(addresses);
});
