import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { InvalidOptionError } from '../../core/index.js';
import type { NodeId } from '../../core/index.js';
import { namesIn } from './certificate.js';

/** Text or bytes in the PEM form. */
export type Pem = string | Uint8Array;

/**
 * TLS, and who is believed. Versions 1.2 and 1.3 are spoken. All certificates of a cluster are made by authorities of
 * its own, never by public ones: whoever has a certificate of such an authority is the node that it names.
 *
 * A certificate names a node by a DNS name that is the id, or by a URI `quorate:ID`, among its subject alternative
 * names; where it has neither, by the common name of its subject. It may name several.
 */
export interface TlsOptions {
  /** The certificate of this node, followed by those between it and the authority, if any. */
  readonly cert?: Pem;
  /** The private key of that certificate, not encrypted. */
  readonly key?: Pem;
  /** The authorities whose certificates are accepted. Those of the system are not. */
  readonly ca: Pem | readonly Pem[];
  /**
   * Whether the side that dials shows a certificate too (mutual TLS), and is the node that it names. Without it only the
   * side that was dialed is known; give a `secret` then, or serve whoever comes. All nodes must have the same. A client
   * needs no `cert` and `key` without it.
   *
   * @defaultValue true: in a cluster nobody is anonymous
   */
  readonly clientCertificates?: boolean;
}

/** {@link TlsOptions}, checked, in the form that Node takes. */
export interface CheckedTls {
  readonly clientCertificates: boolean;
  readonly context: {
    readonly cert?: string;
    readonly key?: string;
    readonly ca: string[];
    readonly minVersion: 'TLSv1.2';
  };
}

/**
 * @param listens - whether others dial this node, which then needs a certificate
 * @throws InvalidOptionError, which never repeats a key
 */
export function checkTls(id: NodeId, tls: TlsOptions, listens: boolean): CheckedTls {
  if (typeof tls !== 'object' || tls === null) throw new InvalidOptionError('tls', tls, 'an object { cert, key, ca }');
  const ca = (isList(tls.ca) ? tls.ca : [tls.ca]).map((pem) => certificates('tls.ca', pem).text);
  if (ca.length === 0) throw new InvalidOptionError('tls.ca', 'an empty list', 'at least one certificate in PEM form');
  const clientCertificates = tls.clientCertificates ?? true;
  const context = { ca, minVersion: 'TLSv1.2' } as const;
  if (!listens && !clientCertificates && tls.cert === undefined) return { clientCertificates, context };
  const cert = certificates('tls.cert', tls.cert);
  const key = privateKey(tls.key);
  if (!cert.first.checkPrivateKey(key.parsed)) {
    throw new InvalidOptionError('tls.key', 'another key', 'the private key of the first certificate in tls.cert');
  }
  const names = namesIn(cert.first);
  if (!names.includes(id)) {
    const named = `for ${names.join(', ') || 'nobody'}`;
    throw new InvalidOptionError(
      'tls.cert',
      named,
      `a certificate that names this node: DNS:${id} or URI:quorate:${id}`,
    );
  }
  return usable({ clientCertificates, context: { ...context, cert: cert.text, key: key.text } });
}

/** Refuses what OpenSSL will not work with, such as keys that are too short, before anything depends on it. */
function usable(tls: CheckedTls): CheckedTls {
  try {
    createSecureContext(tls.context);
    return tls;
  } catch (cause) {
    const { code = 'no code' } = cause as { readonly code?: string };
    throw new InvalidOptionError('tls', `refused by OpenSSL (${code})`, 'certificates and a key that OpenSSL accepts');
  }
}

/** One certificate or several, one behind the other. */
function certificates(option: string, pem: unknown): { readonly text: string; readonly first: X509Certificate } {
  const text = textOf(option, pem, 'a certificate in PEM form');
  const parts = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    const [first] = parts.map((part) => new X509Certificate(part));
    if (first !== undefined) return { text: parts.join('\n'), first };
  } catch {
    // what OpenSSL says of it helps nobody
  }
  throw new InvalidOptionError(option, 'not readable', 'a certificate in PEM form: -----BEGIN CERTIFICATE-----');
}

function privateKey(pem: unknown): { readonly text: string; readonly parsed: KeyObject } {
  const text = textOf('tls.key', pem, 'the private key of tls.cert in PEM form');
  try {
    return { text, parsed: createPrivateKey(text) };
  } catch {
    const allowed = 'a private key in PEM form without a passphrase: -----BEGIN PRIVATE KEY-----';
    throw new InvalidOptionError('tls.key', 'not readable', allowed);
  }
}

function textOf(option: string, pem: unknown, allowed: string): string {
  if (typeof pem === 'string') return pem;
  if (pem instanceof Uint8Array) return new TextDecoder().decode(pem);
  throw new InvalidOptionError(option, pem, allowed);
}

function isList(ca: Pem | readonly Pem[]): ca is readonly Pem[] {
  return Array.isArray(ca);
}
