/** Files that bundlers embed: Uint8Array from esbuild, ArrayBuffer from wrangler. */
declare module "*.gz" {
  const bytes: Uint8Array | ArrayBuffer;
  export default bytes;
}
