/**
 * What Kubernetes' expressions have besides the standard functions, wherever they are used.
 * Source: https://kubernetes.io/docs/reference/using-api/cel/#cel-options-language-features-and-libraries
 */
import type { Overload } from "./functions/function.ts";
import { LISTS } from "./functions/lists.ts";
import { NAMED_FORMATS } from "./functions/named-format.ts";
import { NETWORK } from "./functions/network.ts";
import { OPTIONALS, TWO_VARIABLE_FOLDS } from "./functions/optionals.ts";
import { QUANTITIES } from "./functions/quantity.ts";
import { REGEX } from "./functions/regex.ts";
import { SEMVERS } from "./functions/semver.ts";
import { SETS } from "./functions/sets.ts";
import { STRINGS } from "./functions/strings.ts";
import { URLS } from "./functions/url.ts";

export const KUBERNETES_LIBRARIES: readonly (readonly Overload[])[] = [
  STRINGS,
  LISTS,
  REGEX,
  URLS,
  QUANTITIES,
  SEMVERS,
  NETWORK,
  NAMED_FORMATS,
  SETS,
  OPTIONALS,
  TWO_VARIABLE_FOLDS,
];
