/** Entity tags of documents that are the same for everybody. */
import { fnv32a } from "../../machinery/meta/hash.ts";

/** 32 hexadecimal digits. */
export const hexHash = (text: string): string =>
  ["", "#", "##", "###"]
    .map((salt) =>
      fnv32a(text + salt)
        .toString(16)
        .toUpperCase()
        .padStart(8, "0"),
    )
    .join("");

/** @param tag in its quotes. @param ifNoneMatch the header: a list of tags, or `*` */
export const etagMatches = (ifNoneMatch: string | null, tag: string): boolean =>
  (ifNoneMatch ?? "").split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === tag);
