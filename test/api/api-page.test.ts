import { expect, it } from "vitest";
import { apiPage } from "./api-page.ts";

it("[AP1] API.md says what the registry holds (npx vitest run test/api/api-page.test.ts -u)", async () => {
  await expect(apiPage()).toMatchFileSnapshot("../../API.md");
});
