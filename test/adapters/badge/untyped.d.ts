/** The parts that are used of packages which bring no types. */
declare module '@digitalbazaar/data-integrity' {
  export class DataIntegrityProof {
    constructor(options: { cryptosuite: object });
  }
}
declare module '@digitalbazaar/ed25519-multikey' {
  export function from(key: { type: string; publicKeyMultibase: string }): Promise<{ publicKeyMultibase: string }>;
}
declare module '@digitalbazaar/eddsa-rdfc-2022-cryptosuite' {
  export const cryptosuite: object;
}
declare module '@digitalbazaar/vc' {
  type Loader = (url: string) => Promise<{ documentUrl: string; document: object }>;
  export function verifyCredential(options: {
    credential: object;
    suite: object;
    documentLoader: Loader;
  }): Promise<{ verified: boolean }>;
  export function defaultDocumentLoader(url: string): { document: object };
}
