import type { WeightsName } from '../../models/embedded/weights.ts';

/** SHA-256 of each file of weights as this version ships it; see `digestOf`. The test of weights.ts prints new ones. */
export const WEIGHTS_DIGESTS: Readonly<Record<WeightsName, string>> = {
  'code-rules': 'ebaaa08e26e5746ad794f8cc1a1562c95ad369bb80760dbd2cf9c035dbff7420',
  'code-flow': '68c2ff5f26afaa6ac3a1d494ce7d28c39b201682776ffda2e14223b7093d0aec',
  'code-tokens': '565879b6d578cde340c6ec684391d585bec3956ab3c3ee63f436f2dffa3f9f29',
  'code-profile': 'b4b97766da627bfb709ec4f18bf4d2600e720e8b7d3b3b992d6139418c488b31',
  'skill-gaming': 'ddc21a3ce990c2dc8f702ed8c5637afec7113a991457d7f6d473e160db5b7e3b',
  'skill-rules': 'ac94a9667e82c057c5c6eefe5e6dd2a4887d34669d151f619f36552697d63b74',
  'skill-flow': '7a5b89a1f3161cd3d140123c16ae95e47dfc7bfe6816586bca91d1e736457c98',
  'skill-tokens': '640942f582da075475a609190a1bf0fd91f699dc647d3cafa44a92a79911cbe8',
  'skill-profile': '747da1020c600ed02333107c3fbc5f93edd92daa551315960c1a30ce0d30aa55',
};
