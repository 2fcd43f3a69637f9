import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { NodeId } from 'quorate/core';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** How long certificates are good: longer than anybody keeps a demo. They begin earlier, for clocks that are set back. */
const VALID_MS = 30 * 24 * 3_600_000;
const EARLIER_MS = 3_600_000;

/** Who somebody is, and whom to believe: texts in PEM form, as the transport takes them. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/**
 * The authority of one run: makes certificates that name servers and clients. Its key never leaves the process, so that
 * no other run, and nobody else, can make any.
 */
export class Authority {
  readonly #certificate: X509Certificate;
  readonly #keys: CryptoKeyPair;
  #serial = 1;

  private constructor(certificate: X509Certificate, keys: CryptoKeyPair) {
    this.#certificate = certificate;
    this.#keys = keys;
  }

  static async create(): Promise<Authority> {
    const keys = await newKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: '01',
      name: [{ CN: ['the authority of a demo'] }],
      ...validity(),
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [new BasicConstraintsExtension(true, 0, true)],
    });
    return new Authority(certificate, keys);
  }

  /** A new key, and a certificate for it that names a node. */
  async issue(id: NodeId): Promise<Identity> {
    const keys = await newKeys();
    const certificate = await X509CertificateGenerator.create({
      serialNumber: (++this.#serial).toString(16).padStart(8, '0'),
      subject: [{ CN: [id] }],
      issuer: this.#certificate.subject,
      ...validity(),
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: id }])],
    });
    const key = PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
    return { cert: certificate.toString('pem'), key, ca: this.#certificate.toString('pem') };
  }
}

function validity(): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(Date.now() - EARLIER_MS), notAfter: new Date(Date.now() + VALID_MS) };
}

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}
