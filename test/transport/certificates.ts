import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  type Extension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { TlsOptions } from '../../src/transport/tcp.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const WEAK = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 512,
  publicExponent: Uint8Array.of(1, 0, 1),
  hash: 'SHA-256',
};
const HOUR_MS = 3_600_000;

/** What a certificate says, where it is not a good one for the node. */
export interface Wanted {
  /** The alternative names. @defaultValue the id, as a DNS name */
  readonly names?: readonly { readonly type: 'dns' | 'url' | 'email'; readonly value: string }[];
  /** @defaultValue a name that is no id */
  readonly commonName?: string;
  readonly expired?: boolean;
  readonly notYetValid?: boolean;
  /** With a key that is too short for OpenSSL. */
  readonly weak?: boolean;
}

/** A certificate with its key and its authority: the options of a node. */
export type Identity = TlsOptions & { readonly cert: string; readonly key: string; readonly ca: string };

/** Makes certificates for tests, anew in each run. */
export class Authority {
  readonly pem: string;
  readonly #certificate: X509Certificate;
  readonly #keys: CryptoKeyPair;
  readonly #issued = new Map<string, Promise<Identity>>();
  #serial = 1;

  private constructor(certificate: X509Certificate, keys: CryptoKeyPair) {
    this.#certificate = certificate;
    this.#keys = keys;
    this.pem = certificate.toString('pem');
  }

  static async create(name: string): Promise<Authority> {
    const keys = await newKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: '01',
      name: [{ CN: [name] }],
      notBefore: new Date(Date.now() - HOUR_MS),
      notAfter: new Date(Date.now() + HOUR_MS),
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [new BasicConstraintsExtension(true, 1, true)],
    });
    return new Authority(certificate, keys);
  }

  /** A good certificate of a node; the same each time. */
  identity(id: string): Promise<Identity> {
    const known = this.#issued.get(id) ?? this.issue(id);
    this.#issued.set(id, known);
    return known;
  }

  /** A new certificate of a node. */
  async issue(id: string, wanted: Wanted = {}): Promise<Identity> {
    const keys = await newKeys(wanted.weak === true ? WEAK : ALGORITHM);
    const names = wanted.names ?? [{ type: 'dns', value: id }];
    const extensions: Extension[] = names.length === 0 ? [] : [new SubjectAlternativeNameExtension([...names])];
    const [from, to] = wanted.expired === true ? [-2, -1] : wanted.notYetValid === true ? [1, 2] : [-1, 1];
    const certificate = await X509CertificateGenerator.create({
      serialNumber: (++this.#serial).toString(16).padStart(4, '0'),
      subject: [{ CN: [wanted.commonName ?? 'a node of the test'] }],
      issuer: this.#certificate.subject,
      notBefore: new Date(Date.now() + from * HOUR_MS),
      notAfter: new Date(Date.now() + to * HOUR_MS),
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions,
    });
    const key = PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
    return { cert: certificate.toString('pem'), key, ca: this.pem };
  }
}

function newKeys(algorithm: EcKeyGenParams | RsaHashedKeyGenParams = ALGORITHM): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}
