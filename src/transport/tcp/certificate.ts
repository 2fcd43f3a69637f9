import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { PeerCertificate, StreamRefusal } from '../stream/byte-stream.js';

/** What precedes a node id in a subject alternative name that is a URI. */
const URI_PREFIX = 'quorate:';

/** `DNS:a, URI:quorate:a`, where Node puts values in quotes that could be mistaken for more than one. */
const ALTERNATIVE_NAME = /(\w+(?: \w+)*):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;

/**
 * The node ids that a certificate names: its alternative names that are DNS names or URIs of the form `quorate:ID`, and
 * only where it has neither, the common name of its subject.
 */
export function namesIn(certificate: X509Certificate): string[] {
  const names: string[] = [];
  for (const [kind, value] of alternativeNames(certificate.subjectAltName ?? '')) {
    if (kind === 'DNS') names.push(value);
    if (kind === 'URI' && value.startsWith(URI_PREFIX)) names.push(value.slice(URI_PREFIX.length));
  }
  if (names.length > 0) return names;
  const { CN: commonName } = certificate.toLegacyObject().subject as { readonly CN?: unknown };
  return typeof commonName === 'string' ? [commonName] : [];
}

function* alternativeNames(text: string): Iterable<[kind: string, value: string]> {
  ALTERNATIVE_NAME.lastIndex = 0;
  for (
    let match = ALTERNATIVE_NAME.exec(text);
    match !== null && match[0] !== '';
    match = ALTERNATIVE_NAME.exec(text)
  ) {
    const value = match[2]!;
    yield [match[1]!, value.startsWith('"') ? (JSON.parse(value) as string) : value];
  }
}

/** What the certificate says that the other side of a connection showed, after the handshake of TLS. */
export function peerCertificate(socket: TLSSocket): PeerCertificate {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { names: [], problem: 'it has no certificate' };
  // Node's types say Error; it is the code of OpenSSL.
  const problem = socket.authorized ? null : describeProblem(String(socket.authorizationError));
  return { names: namesIn(certificate), problem };
}

/** The codes of OpenSSL for certificates that it does not accept. */
const PROBLEM =
  /^(CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERROR_IN_CERT|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH)/;

/** Why the other side is refused, when TLS broke the connection; `undefined` when something else did. */
export function refusalByTls(error: NodeJS.ErrnoException | null): StreamRefusal | undefined {
  const code = error?.code ?? '';
  if (PROBLEM.test(code)) return { reason: 'certificate', detail: describeProblem(code) };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return { reason: 'certificate', detail: `its certificate is for another host (${code})` };
  }
  if (!/^(ERR_(SSL|TLS)_|EPROTO$)/.test(code)) return undefined;
  if (/CERT|UNKNOWN_CA/.test(code)) {
    return { reason: 'certificate', detail: `it does not accept the certificate of this node (${code})` };
  }
  return { reason: 'tls', detail: `${describeFailure(code)} (${code})` };
}

function describeProblem(code: string): string {
  if (code === 'CERT_HAS_EXPIRED') return `its certificate has expired (${code})`;
  if (code === 'CERT_NOT_YET_VALID') return `its certificate is not valid yet (${code})`;
  if (/SELF_SIGNED|UNABLE_TO|SIGNATURE/.test(code)) {
    return `its certificate was not made by an authority in tls.ca (${code})`;
  }
  return `its certificate is not good (${code})`;
}

function describeFailure(code: string): string {
  if (/WRONG_VERSION_NUMBER|HTTP_REQUEST|PACKET_LENGTH_TOO_LONG/.test(code)) return 'it speaks no TLS';
  if (/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION/.test(code)) return 'it speaks no version of TLS from 1.2 on';
  return 'TLS failed';
}
