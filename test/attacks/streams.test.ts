import { Authority } from '../transport/certificates.js';
import { tcp, tls } from '../transport/stream-bench.js';
import { ws, wss } from '../transport/websocket-kinds.js';
import { attackSuite } from './stream-attacks.js';

const authority = await Authority.create('an authority');

attackSuite('tcp', tcp);
attackSuite('tls', tls(authority));
attackSuite('websocket', ws());
attackSuite('websocket with TLS', wss(authority));
