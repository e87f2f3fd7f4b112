import type { WeightsName } from '../../models/embedded/weights.ts';

/** SHA-256 of each file of weights as this version ships it; see `digestOf`. The test of weights.ts prints new ones. */
export const WEIGHTS_DIGESTS: Readonly<Record<WeightsName, string>> = {
  'code-rules': 'ebaaa08e26e5746ad794f8cc1a1562c95ad369bb80760dbd2cf9c035dbff7420',
  'code-flow': '68c2ff5f26afaa6ac3a1d494ce7d28c39b201682776ffda2e14223b7093d0aec',
  'code-tokens': '565879b6d578cde340c6ec684391d585bec3956ab3c3ee63f436f2dffa3f9f29',
  'code-profile': 'b4b97766da627bfb709ec4f18bf4d2600e720e8b7d3b3b992d6139418c488b31',
  'skill-gaming': '5646661a1d5b4ea5eabed635a12be8771c7afb677840b7b2ec8225dfe8c52fc8',
  'skill-rules': 'dd4fe85b8857ad416e5753f2a9d8297ac4eb1a6d12e5a7bd815a20212a98095f',
  'skill-flow': 'ce75ed1c4a6d4f24466b9ca26a27dedb671062cbd91f3b9dd8748f7b669b1d27',
  'skill-tokens': 'e6e34f931c0ddb8dc1ecf3dd9d2bec01161fd442321af593c7817660f986c759',
  'skill-profile': 'fe9bf7520cabfa82c4645b1a1c51b4ca61d41eb579a726794eadc45ae05a3200',
};
